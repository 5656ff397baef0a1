/* What all kernels read text with: hashes of bytes, and one character at a time as it is compared. */
#ifndef HUOSHUI_TEXT_H
#define HUOSHUI_TEXT_H

#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

static inline uint64_t mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t start_hash(uint64_t seed) { return seed ^ 0x9E3779B97F4A7C15ull; }

/* The whole eights of n bytes taken into a hash; a text may come in pieces, each but the last a multiple of eight bytes. */
static inline uint64_t absorb(uint64_t h, const uint8_t *p, int n) {
    uint64_t word;
    for (int i = 0; i + 8 <= n; i += 8) {
        memcpy(&word, p + i, 8);
        h = mix(h ^ word, 0xA0761D6478BD642Full);
    }
    return h;
}

/* The hash of a text whose last n bytes are at p and whose `earlier` bytes are in h. */
static inline uint64_t finish_hash(uint64_t h, const uint8_t *p, int n, int64_t earlier) {
    int whole = n & ~7;
    uint64_t word = 0;
    h = absorb(h, p, whole);
    memcpy(&word, p + whole, (size_t)(n - whole));
    h = mix(h ^ word, 0xE7037ED1A0B428DBull);
    return mix(h ^ (uint64_t)(earlier + n), 0x8EBC6AF09C88C6E3ull);
}

static uint64_t hash_bytes(const uint8_t *p, int n, uint64_t seed) { return finish_hash(start_hash(seed), p, n, 0); }

/* Whether two or three bytes of UTF-8 are a blank or of no width, as rules/uscc.py has them. */
static inline int is_blank(const uint8_t *p, int length) {
    if (length == 2) return p[0] == 0xC2 && (p[1] == 0x85 || p[1] == 0xA0 || p[1] == 0xAD);
    if (length != 3) return 0;
    switch (p[0]) {
    case 0xE1: return (p[1] == 0x9A && p[2] == 0x80) || (p[1] == 0xA0 && p[2] == 0x8E);
    case 0xE2:
        if (p[1] == 0x80) return p[2] <= 0x8F || (p[2] >= 0xA8 && p[2] <= 0xAF);
        return p[1] == 0x81 && p[2] >= 0x9F && p[2] <= 0xA4;
    case 0xE3: return p[1] == 0x80 && p[2] == 0x80;
    default: return p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF;
    }
}

/* One character at p: its length in bytes; *folded is the half-width upper-case ASCII byte, 0 for a blank to drop, -1 otherwise. */
static inline int fold(const uint8_t *p, const uint8_t *end, int *folded) {
    uint8_t b = *p;
    if (b < 0x80) {
        if (b <= 0x20)
            *folded = (b >= 0x09 && b <= 0x0D) || b >= 0x1C ? 0 : b ? b : -1;
        else
            *folded = (b >= 'a' && b <= 'z') ? b - 32 : b;
        return 1;
    }
    int length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
    if (p + length > end) length = (int)(end - p);
    *folded = is_blank(p, length) ? 0 : -1;
    if (length != 3) return length;
    if (b == 0xEF && (p[1] == 0xBC || p[1] == 0xBD)) {
        int c = p[1] == 0xBC ? 0x20 + (p[2] - 0x80) : 0x60 + (p[2] - 0x80);
        if (c >= 0x21 && c <= 0x7E) *folded = (c >= 'a' && c <= 'z') ? c - 32 : c;
    } else if (b == 0xE3 && p[1] == 0x80) {
        if (p[2] == 0x90 || p[2] == 0x94) *folded = '(';
        if (p[2] == 0x91 || p[2] == 0x95) *folded = ')';
    }
    return length;
}

#endif
