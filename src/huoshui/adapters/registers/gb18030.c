/* GB 18030 (with GBK and GB 2312 in it) to UTF-8.
 *
 * `two` has the code points of the two-byte characters, `four` those of the four-byte ones of the basic plane, 0 for none;
 * both come from Python's own codec (gb18030.py). A byte that belongs to no character becomes 0xFF, which UTF-8 does not
 * have, so that the reader of records finds the line it is on.
 */
#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

enum { PLANE_FOUR = 39420, BEYOND_FIRST = 189000, BEYOND_LAST = 1237575, LONGEST = 4 };

static inline int is_lead(uint8_t b) { return b >= 0x81 && b <= 0xFE; }

static inline int is_digit(uint8_t b) { return b >= 0x30 && b <= 0x39; }

/* The character at p and its length in bytes; code point 0 for none, length 0 where more bytes are needed. */
static inline uint32_t character(const uint16_t *two, const uint16_t *four, const uint8_t *p, const uint8_t *end, int *length) {
    *length = 1;
    if (!is_lead(*p)) return 0;
    if (end - p < 2) {
        *length = 0;
        return 0;
    }
    if (p[1] >= 0x40 && p[1] != 0x7F && p[1] != 0xFF) {
        const uint32_t found = two[(p[0] - 0x81) * 190 + p[1] - (p[1] < 0x7F ? 0x40 : 0x41)];
        if (found) *length = 2;
        return found;
    }
    if (!is_digit(p[1])) return 0;
    if (end - p < 4) {
        *length = (end - p == 3 && !is_lead(p[2])) ? 1 : 0;
        return 0;
    }
    if (!is_lead(p[2]) || !is_digit(p[3])) return 0;
    const uint32_t place = ((p[0] - 0x81) * 10 + p[1] - 0x30) * 1260 + (p[2] - 0x81) * 10 + p[3] - 0x30;
    const uint32_t found = place < PLANE_FOUR ? four[place]
                           : place >= BEYOND_FIRST && place <= BEYOND_LAST ? place - BEYOND_FIRST + 0x10000 : 0;
    if (found) *length = 4;
    return found;
}

static inline uint8_t *put(uint8_t *out, uint32_t c) {
    if (c < 0x800) {
        *out++ = (uint8_t)(0xC0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *out++ = (uint8_t)(0xE0 | c >> 12);
        } else {
            *out++ = (uint8_t)(0xF0 | c >> 18);
            *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));
        }
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    }
    *out++ = (uint8_t)(0x80 | (c & 0x3F));
    return out;
}

/* Writes at most three bytes for two read; done: bytes read, bytes written. A character cut off at the end is left, unless
 * nothing comes after it. */
EXPORT void gb18030_to_utf8(const uint16_t *two, const uint16_t *four, const uint8_t *in, int64_t size, int32_t is_last, uint8_t *out,
                            int64_t *done) {
    const uint8_t *p = in, *end = in + size;
    uint8_t *q = out;
    while (p < end) {
        uint64_t word;
        while (end - p >= 8 && (memcpy(&word, p, 8), !(word & 0x8080808080808080ull))) {
            memcpy(q, p, 8);
            p += 8;
            q += 8;
        }
        if (p == end) break;
        if (*p < 0x80) {
            *q++ = *p++;
            continue;
        }
        int length;
        const uint32_t found = character(two, four, p, end, &length);
        if (!length && !is_last) break;
        if (found) {
            q = put(q, found);
        } else {
            *q++ = 0xFF;
        }
        p += length ? length : 1;
    }
    done[0] = p - in;
    done[1] = q - out;
}
