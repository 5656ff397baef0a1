/* Records of a delimited text file.
 *
 * `read_records` cuts UTF-8 bytes into records by RFC 4180: a field may be quoted, a quote in it is doubled, a line may end in
 * a quoted field. It writes the wanted columns as Arrow lays out text, the line on which each record begins, and every record
 * that is damaged. It goes by a few hundred records at a time, so that the second look at a field finds it in the cache.
 * Nothing here allocates. Input buffers have SLACK readable bytes after their end.
 * records.py wraps this; tests/adapters/registers/test_records.py compares it with a slow reader.
 */
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

enum { SLACK = 32, LONGEST_QUOTED = 1 << 20, AT_ONCE = 512 };
enum { WRONG_COLUMNS = 1, STRAY_QUOTE = 2, OPEN_QUOTE = 3, BAD_BYTES = 4 };

typedef struct {
    int64_t first_line;      /* line number of the first byte */
    int64_t capacity;        /* records that fit into the output */
    int64_t damage_capacity; /* damaged records that fit into the output */
    int32_t columns;         /* fields that a record must have */
    uint8_t delimiter, quote, line_end;
    uint8_t check_bytes; /* 1: the bytes are not known to be UTF-8 without NUL */
    uint8_t is_last;     /* 1: nothing comes after these bytes */
} Dialect;

typedef struct {
    int64_t line;
    int32_t begin, end, columns, reason;
} Damage;

typedef struct {
    int64_t consumed, lines, records, damaged;
} Progress;

/* The first byte equal to a or b in [p, end), or end. */
static inline const uint8_t *find_either(const uint8_t *p, const uint8_t *end, uint8_t a, uint8_t b) {
#if defined(__SSE2__)
    const __m128i first = _mm_set1_epi8((char)a), second = _mm_set1_epi8((char)b);
    for (; p < end; p += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)p);
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(block, first), _mm_cmpeq_epi8(block, second)));
        if (mask) {
            p += __builtin_ctz((unsigned)mask);
            return p < end ? p : end;
        }
    }
    return end;
#else
    while (p < end && *p != a && *p != b) p++;
    return p;
#endif
}

static int is_text(const uint8_t *p, const uint8_t *end) {
    while (p < end) {
        uint8_t b = *p;
        if (b < 0x80) {
            if (b == 0) return 0;
            p++;
            continue;
        }
        int more = b >= 0xC2 && b <= 0xDF ? 1 : b >= 0xE0 && b <= 0xEF ? 2 : b >= 0xF0 && b <= 0xF4 ? 3 : 0;
        if (!more || end - p <= more) return 0;
        for (int i = 1; i <= more; i++)
            if ((p[i] & 0xC0) != 0x80) return 0;
        if ((b == 0xE0 && p[1] < 0xA0) || (b == 0xED && p[1] > 0x9F) || (b == 0xF0 && p[1] < 0x90) || (b == 0xF4 && p[1] > 0x8F)) return 0;
        p += more + 1;
    }
    return 1;
}

/* The length of the blank at p (going forward), 0 if none. A blank: control characters, spaces of any width, invisible ones. */
static inline int blank_at(const uint8_t *p, const uint8_t *end) {
    if (*p <= 0x20 || *p == 0x7F) return 1;
    if (end - p >= 2 && p[0] == 0xC2 && p[1] == 0xA0) return 2;
    if (end - p < 3) return 0;
    if (p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80) return 3;
    if (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF) return 3;
    return p[0] == 0xE2 && p[1] == 0x80 && p[2] >= 0x80 && p[2] <= 0x8F ? 3 : 0;
}

static int is_blank(const uint8_t *p, const uint8_t *end) {
    for (int n; p < end && (n = blank_at(p, end)); p += n) {}
    return p >= end;
}

typedef struct {
    const uint8_t *begin, *end, *next; /* the field without its quotes; next is the delimiter, the line end or the end */
    int escaped, lines, reason;        /* reason -1: more bytes are needed */
} Field;

static inline int ends_field(const Dialect *d, const uint8_t *p, const uint8_t *end) {
    return p == end || *p == d->delimiter || *p == d->line_end || (*p == '\r' && (p + 1 == end || p[1] == d->line_end));
}

static Field quoted_field(const Dialect *d, const uint8_t *start, const uint8_t *p, const uint8_t *end) {
    Field field = {p + 1, p + 1, end, 0, 0, 0};
    const uint8_t *q = p + 1;
    for (;;) {
        q = memchr(q, d->quote, (size_t)(end - q));
        if (!q || q - start > LONGEST_QUOTED) {
            field.reason = q || d->is_last || end - start > LONGEST_QUOTED ? OPEN_QUOTE : -1;
            return field;
        }
        if (end - q < 3 && !d->is_last) {
            field.reason = -1;
            return field;
        }
        if (q + 1 == end || q[1] != d->quote) break;
        field.escaped = 1;
        q += 2;
    }
    field.end = q;
    field.next = q + 1;
    if (!ends_field(d, field.next, end)) {
        field.reason = STRAY_QUOTE;
        return field;
    }
    if (field.next < end && *field.next == '\r' && d->delimiter != '\r' && d->line_end != '\r') field.next++;
    for (const uint8_t *x = field.begin; (x = memchr(x, d->line_end, (size_t)(q - x))); x++) field.lines++;
    return field;
}

static inline Field plain_field(const Dialect *d, const uint8_t *p, const uint8_t *end) {
    const uint8_t *q = find_either(p, end, d->delimiter, d->line_end);
    Field field = {p, q, q, 0, 0, q == end && !d->is_last ? -1 : 0};
    if ((q == end || *q == d->line_end) && q > p && q[-1] == '\r') field.end--;
    return field;
}

static void note_damage(Damage *damage, Progress *done, const uint8_t *buf, const uint8_t *begin, const uint8_t *end, int64_t line,
                        int columns, int reason) {
    if (end > begin && end[-1] == '\r') end--;
    damage[done->damaged++] = (Damage){line, (int32_t)(begin - buf), (int32_t)(end - buf), columns, reason};
}

/* Where the wanted fields of some records are: [slots][AT_ONCE], from the first byte of the block. The length of a field with
 * doubled quotes is stored as its complement. slots: for each column the place of its fields, or -1. */
typedef struct {
    const int32_t *slots;
    int32_t *begin, *length;
    int32_t *record_begin, *record_end;
    int64_t *line;
    Damage *damage;
} Found;

/* Adds to what is done; stops where bytes or room run out, or AT_ONCE records later. */
static void scan_records(const Dialect *d, const uint8_t *buf, int64_t size, const Found *found, Progress *done) {
    const uint8_t *start = buf + done->consumed, *end = buf + size;
    const int64_t first = done->records, room = d->capacity < first + AT_ONCE ? d->capacity : first + AT_ONCE;
    while (start < end && done->records < room && done->damaged < d->damage_capacity) {
        const int64_t here = d->first_line + done->lines;
        if (*start == d->line_end || (*start == '\r' && (start + 1 == end || start[1] == d->line_end))) {
            if (*start != d->line_end && start + 1 == end && !d->is_last) break;
            start += *start == d->line_end || start + 1 == end ? 1 : 2;
            done->lines++;
            continue;
        }
        const uint8_t *p = start;
        Field field;
        int columns = 0, lines = 0;
        for (;;) {
            field = p < end && *p == d->quote ? quoted_field(d, start, p, end) : plain_field(d, p, end);
            if (field.reason) break;
            if (columns < d->columns && found->slots[columns] >= 0) {
                const int64_t at = found->slots[columns] * AT_ONCE + done->records - first;
                const int32_t bytes = (int32_t)(field.end - field.begin);
                found->begin[at] = (int32_t)(field.begin - buf);
                found->length[at] = field.escaped ? ~bytes : bytes;
            }
            columns++;
            lines += field.lines;
            p = field.next;
            if (p == end || *p == d->line_end) break;
            p++;
        }
        if (field.reason < 0) break;
        if (field.reason) {
            p = memchr(start, d->line_end, (size_t)(end - start));
            if (!p && !d->is_last) break;
            if (!p) p = end;
            lines = 0;
            note_damage(found->damage, done, buf, start, p, here, 0, field.reason);
        } else if (columns == 1 && columns != d->columns && is_blank(start, p)) {
            /* a line of blanks is no record */
        } else if (columns != d->columns) {
            note_damage(found->damage, done, buf, start, p, here, columns, WRONG_COLUMNS);
        } else if (d->check_bytes && !is_text(start, p)) {
            note_damage(found->damage, done, buf, start, p, here, columns, BAD_BYTES);
        } else {
            found->record_begin[done->records] = (int32_t)(start - buf);
            found->record_end[done->records] = (int32_t)(p - buf);
            found->line[done->records++] = here;
        }
        done->lines += lines + (p < end);
        start = p < end ? p + 1 : end;
    }
    done->consumed = start - buf;
}

static inline int may_begin_blank(uint8_t b) { return b <= 0x20 || b == 0x7F || b == 0xC2 || b == 0xE2 || b == 0xE3 || b == 0xEF; }

static inline int may_end_blank(uint8_t b) { return b <= 0x20 || (b >= 0x7F && b <= 0x8F) || b == 0xA0 || b == 0xBF; }

static inline void trim(const uint8_t **begin, const uint8_t **end) {
    const uint8_t *p = *begin, *q = *end;
    if (p == q || !(may_begin_blank(*p) || may_end_blank(q[-1]))) return;
    for (int n; p < q && (n = blank_at(p, q)); p += n) {}
    while (p < q) {
        int n = blank_at(q - 1, q);
        if (!n && q - p >= 2) n = blank_at(q - 2, q) == 2 ? 2 : 0;
        if (!n && q - p >= 3) n = blank_at(q - 3, q) == 3 ? 3 : 0;
        if (!n) break;
        q -= n;
    }
    *begin = p;
    *end = q;
}

/* What registers write when they mean nothing. */
static int means_nothing(const uint8_t *p, int64_t n) {
    static const char *const words[] = {
        "-", "/", "\\", "--", "\\N", "NA", "NaN", "nan", "NAN", "NaT", "N/A", "n/a", "NULL", "null", "Null", "None", "none", "<NA>", "#N/A",
        "(null)", "(NULL)", "\xE2\x80\x94", "\xE2\x80\x94\xE2\x80\x94"};
    if (n > 6 || (*p >= '0' && *p != '\\' && (*p | 0x20) != 'n' && *p != '<' && *p != 0xE2)) return 0;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if ((int64_t)strlen(words[i]) == n && !memcmp(p, words[i], (size_t)n)) return 1;
    return 0;
}

/* memmove for short texts: all is read before anything is written. */
static inline void copy(uint8_t *out, const uint8_t *p, size_t n) {
    uint64_t a, b, c, d;
    if (n > 32 || n == 0) {
        if (n) memmove(out, p, n);
    } else if (n >= 16) {
        memcpy(&a, p, 8), memcpy(&b, p + 8, 8), memcpy(&c, p + n - 16, 8), memcpy(&d, p + n - 8, 8);
        memcpy(out, &a, 8), memcpy(out + 8, &b, 8), memcpy(out + n - 16, &c, 8), memcpy(out + n - 8, &d, 8);
    } else if (n >= 8) {
        memcpy(&a, p, 8), memcpy(&b, p + n - 8, 8);
        memcpy(out, &a, 8), memcpy(out + n - 8, &b, 8);
    } else {
        for (size_t i = 0; i < n; i++) out[i] = p[i];
    }
}

/* A column of text as Arrow has it: n + 1 offsets, bytes, validity bits that are all set beforehand. */
typedef struct {
    int32_t *offsets;
    uint8_t *raw, *valid;
    int64_t rows, nulls;
} Texts;

/* Appends fields, trimmed; what means nothing becomes null. */
static void append_texts(Texts *texts, const uint8_t *buf, int64_t n, const int32_t *begin, const int32_t *length) {
    uint8_t *out = texts->raw + texts->offsets[texts->rows];
    for (int64_t r = 0; r < n; r++) {
        int64_t size = length[r];
        const uint8_t *p = buf + begin[r];
        if (size < 0) { /* undouble the quotes into the output, then look at it there */
            uint8_t *q = out;
            size = ~size;
            for (int64_t i = 0; i < size; i++) {
                *q++ = p[i];
                if (p[i] == '"' && i + 1 < size && p[i + 1] == '"') i++;
            }
            size = q - out;
            p = out;
        }
        const uint8_t *end = p + size;
        trim(&p, &end);
        if (end - p >= 3 && p[0] == '=' && p[1] == '"' && end[-1] == '"') { /* the spreadsheet's way to keep leading zeros */
            p += 2;
            end--;
            trim(&p, &end);
        }
        size = end - p;
        if (size == 0 || means_nothing(p, size)) {
            texts->valid[texts->rows >> 3] &= (uint8_t)~(1u << (texts->rows & 7));
            texts->nulls++;
            size = 0;
        }
        copy(out, p, (size_t)size);
        out += size;
        texts->offsets[++texts->rows] = (int32_t)(out - texts->raw);
    }
}

/* Cleans a column that is Arrow text already. */
EXPORT void clean_texts(const uint8_t *raw, int64_t n, const int32_t *begin, const int32_t *length, Texts *texts) {
    append_texts(texts, raw, n, begin, length);
}

/* Reads records until bytes or room run out; begin and length of `found` are room for [columns wanted][AT_ONCE]. */
EXPORT void read_records(const Dialect *d, const uint8_t *buf, int64_t size, const Found *found, int64_t wanted, Texts *texts,
                         Progress *done) {
    *done = (Progress){0, 0, 0, 0};
    for (;;) {
        const int64_t records = done->records, consumed = done->consumed;
        scan_records(d, buf, size, found, done);
        for (int64_t slot = 0; slot < wanted; slot++)
            append_texts(texts + slot, buf, done->records - records, found->begin + slot * AT_ONCE, found->length + slot * AT_ONCE);
        if (done->consumed == consumed || done->records == d->capacity || done->damaged == d->damage_capacity) return;
    }
}
