/* Column kernels over Arrow string buffers: text becomes 64-bit keys once, so that everything after works on integers.
 *
 * A text column is `offsets` (n + 1) and `raw` (UTF-8 bytes). Nothing here allocates, and nothing is read beyond the last
 * offset: text from outside is hostile. kernels.py wraps these with numpy; the pure rules (rules/uscc.py) say the same for
 * one code, and tests/adapters/registers/test_kernels.py proves that the two agree. names.c has the kernels for names.
 */
#include "text.h"

enum { EMPTY = 0, VALID = 1, HISTORICAL = 2, MISMATCH = 3, INVALID = 4, OLD_NUMBER = 5, AMBIGUOUS = 6 };
enum { CODE_LENGTH = 18, HISTORICAL_LENGTH = 15 };

static const char ALPHABET_31[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
static const int WEIGHTS_31[17] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
static const int WEIGHTS_11[8] = {3, 7, 9, 10, 5, 8, 4, 2};
static int8_t VALUE_31[256];
static int8_t VALUE_36[256];
static int32_t WEIGHTED[CODE_LENGTH][256]; /* value x weight at a place of the code, or NOT_ALLOWED there */
static const int32_t NOT_ALLOWED = 1 << 20;
static int ready = 0;

static void prepare(void) {
    if (ready) return;
    memset(VALUE_31, -1, sizeof VALUE_31);
    memset(VALUE_36, -1, sizeof VALUE_36);
    for (int i = 0; i < 31; i++) VALUE_31[(uint8_t)ALPHABET_31[i]] = (int8_t)i;
    for (int i = 0; i < 10; i++) VALUE_36['0' + i] = (int8_t)i;
    for (int i = 0; i < 26; i++) VALUE_36['A' + i] = (int8_t)(10 + i);
    for (int i = 0; i < CODE_LENGTH; i++)
        for (int c = 0; c < 256; c++) {
            int allowed = VALUE_31[c] >= 0 && (i < 2 || i > 7 || (c >= '0' && c <= '9'));
            WEIGHTED[i][c] = allowed ? VALUE_31[c] * (i < 17 ? WEIGHTS_31[i] : 1) : NOT_ALLOWED;
        }
    ready = 1;
}

/* The code without blanks, half width, upper case. Returns its length, or CODE_LENGTH + 1 when it is longer. */
static int clean_code(const uint8_t *p, const uint8_t *end, uint8_t *out) {
    int n = 0;
    while (p < end) {
        int folded;
        p += fold(p, end, &folded);
        if (folded == 0) continue;
        if (n == CODE_LENGTH) return CODE_LENGTH + 1;
        out[n++] = folded < 0 ? '?' : (uint8_t)folded;
    }
    return n;
}

static int64_t body_key(const uint8_t *body) {
    int64_t key = 0;
    for (int i = 0; i < 8; i++) key = key * 36 + VALUE_36[body[i]];
    return key;
}

/* A multiple of 31 when the check character is right; NOT_ALLOWED or more when a character may not stand where it stands. */
static inline int weighted_sum(const uint8_t *code) {
    int sum = 0;
    for (int i = 0; i < CODE_LENGTH; i++) sum += WEIGHTED[i][code[i]];
    return sum;
}

static int body_holds(const uint8_t *body) {
    int sum = 0;
    for (int i = 0; i < 8; i++) {
        if (VALUE_36[body[i]] < 0) return 0;
        sum += VALUE_36[body[i]] * WEIGHTS_11[i];
    }
    int check = (11 - sum % 11) % 11;
    return check == 10 ? body[8] == 'X' : body[8] == '0' + check;
}

static int region_is_digits(const uint8_t *code) {
    for (int i = 0; i < 6; i++)
        if (code[i] < '0' || code[i] > '9') return 0;
    return 1;
}

static int old_number_holds(const uint8_t *digits) {
    int p = 10;
    for (int i = 0; i < 15; i++)
        if (digits[i] < '0' || digits[i] > '9') return 0;
    for (int i = 0; i < 14; i++) {
        int s = (p + digits[i] - '0') % 10;
        p = 2 * (s == 0 ? 10 : s) % 11;
    }
    return digits[14] - '0' == (11 - p) % 10;
}

/* Keys outside the organisation codes live above 2^62. */
static int64_t far_key(const uint8_t *p, int n, uint64_t seed) {
    return (int64_t)((hash_bytes(p, n, seed) >> 2) | (1ull << 62));
}

static inline int entity_of(const uint8_t *code) {
    static const char prefixes[] = "9192931112515253";
    for (int i = 0; i < 8; i++)
        if (code[0] == prefixes[2 * i] && code[1] == prefixes[2 * i + 1]) return i + 1;
    return 0;
}

/* kind: EMPTY..AMBIGUOUS. key: organisation code in base 36 (VALID, HISTORICAL, AMBIGUOUS: fifteen digits that may be either
 * number), far key (MISMATCH, OLD_NUMBER), else -1.
 * entity: 1..8 by the first two characters (91 92 93 11 12 51 52 53), 0 otherwise. */
EXPORT void code_keys(int64_t n, const int32_t *offsets, const uint8_t *raw, int32_t allow_historical, int64_t *key, uint8_t *kind,
                      uint8_t *entity) {
    prepare();
    for (int64_t r = 0; r < n; r++) {
        uint8_t code[CODE_LENGTH];
        const uint8_t *given = raw + offsets[r];
        int length = offsets[r + 1] - offsets[r];
        key[r] = -1;
        entity[r] = 0;
        if (length == CODE_LENGTH) {
            int sum = weighted_sum(given);
            if (sum < NOT_ALLOWED && sum % 31 == 0) {
                kind[r] = VALID;
                key[r] = body_key(given + 8);
                entity[r] = (uint8_t)entity_of(given);
                continue;
            }
        }
        length = clean_code(given, given + length, code);
        if (length == 0) {
            kind[r] = EMPTY;
        } else if (length == CODE_LENGTH) {
            int sum = weighted_sum(code);
            if (sum >= NOT_ALLOWED) {
                kind[r] = INVALID;
                continue;
            }
            entity[r] = (uint8_t)entity_of(code);
            kind[r] = sum % 31 == 0 ? VALID : MISMATCH;
            key[r] = kind[r] == VALID ? body_key(code + 8) : far_key(code, CODE_LENGTH, MISMATCH);
        } else if (length == HISTORICAL_LENGTH) {
            int digits = old_number_holds(code);
            if (allow_historical && region_is_digits(code) && body_holds(code + 6)) {
                kind[r] = digits ? AMBIGUOUS : HISTORICAL;
                key[r] = body_key(code + 6);
            } else if (digits) {
                kind[r] = OLD_NUMBER;
                key[r] = far_key(code, HISTORICAL_LENGTH, OLD_NUMBER);
            } else {
                kind[r] = INVALID;
            }
        } else {
            kind[r] = INVALID;
        }
    }
}

/* 1 when a text is as cleaning would leave it: ASCII without blanks, control characters and small letters. */
static inline int is_clean(const uint8_t *p, int n) {
    const uint64_t ones = 0x0101010101010101ull, high = ones << 7;
    uint64_t odd = 0, word;
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&word, p + i, 8);
        odd |= (word | (word + 0x20 * ones) | ((word - 0x21 * ones) & ~word)) & high;
    }
    for (; i < n; i++) odd |= p[i] < 0x21 || p[i] >= 0x60;
    return !odd;
}

/* Far keys of texts that are a register's own number under a named scheme; -1 for the empty text. The scheme's seed is
 * seeds[r * step]: one a row, or with step 0 one for all. */
EXPORT void own_keys(int64_t n, const int32_t *offsets, const uint8_t *raw, const uint64_t *seeds, int64_t step, int64_t *key) {
    for (int64_t r = 0; r < n; r++) {
        uint8_t text[72];
        int length = 0;
        int64_t earlier = 0;
        uint64_t h = start_hash(seeds[r * step]);
        const uint8_t *p = raw + offsets[r], *end = raw + offsets[r + 1];
        if (is_clean(p, (int)(end - p))) {
            key[r] = p < end ? far_key(p, (int)(end - p), seeds[r * step]) : -1;
            continue;
        }
        while (p < end) {
            int folded, size = fold(p, end, &folded);
            if (folded > 0) text[length++] = (uint8_t)folded;
            if (folded < 0)
                for (int i = 0; i < size; i++) text[length++] = p[i];
            p += size;
            if (length >= 64) {
                h = absorb(h, text, 64);
                earlier += 64;
                length -= 64;
                memmove(text, text + 64, (size_t)length);
            }
        }
        key[r] = earlier + length ? (int64_t)((finish_hash(h, text, length, earlier) >> 2) | (1ull << 62)) : -1;
    }
}

/* Hashes of texts as they are written. */
EXPORT void text_hashes(int64_t n, const int32_t *offsets, const uint8_t *raw, uint64_t *hash) {
    for (int64_t r = 0; r < n; r++) hash[r] = hash_bytes(raw + offsets[r], offsets[r + 1] - offsets[r], 4);
}

/* content[r] takes in hash[r]: what went in, and in which order, tells contents apart. */
EXPORT void take_hashes(int64_t n, const uint64_t *hash, uint64_t *content) {
    for (int64_t r = 0; r < n; r++) content[r] = mix(content[r] ^ hash[r], 0x9E3779B97F4A7C15ull) ^ content[r] >> 7;
}

/* Keys of names within a place, below -1; -1 where there is no name. */
EXPORT void name_keys(int64_t n, const uint64_t *hash, const int32_t *place, int64_t *key) {
    for (int64_t r = 0; r < n; r++) {
        uint64_t x = hash[r] ^ ((uint64_t)(int64_t)place[r] + 1) * 0x9E3779B97F4A7C15ull;
        x = (x ^ x >> 32) * 0xD6E8FEB86659FD93ull;
        x ^= x >> 32;
        key[r] = hash[r] ? -(int64_t)(x >> 2) - 2 : -1;
    }
}

static inline int64_t slot_of(int64_t key, int64_t mask) { return (int64_t)(((uint64_t)key * 0x9E3779B97F4A7C15ull) >> 20) & mask; }

/* An open-addressing table of distinct keys: place[s] is the first index with that key, or -1. Size is mask + 1, a power of two
 * of at least twice n. */
EXPORT void build_table(int64_t n, const int64_t *keys, int64_t mask, int64_t *place) {
    for (int64_t i = 0; i < n; i++) {
        int64_t s = slot_of(keys[i], mask);
        while (place[s] >= 0 && keys[place[s]] != keys[i]) s = (s + 1) & mask;
        if (place[s] < 0) place[s] = i;
    }
}

/* found[i]: the index in the table's keys that equals wanted[i], or -1. */
EXPORT void probe_table(int64_t n, const int64_t *wanted, const int64_t *keys, int64_t mask, const int64_t *place, int64_t *found) {
    for (int64_t i = 0; i < n; i++) {
        int64_t s = slot_of(wanted[i], mask);
        while (place[s] >= 0 && keys[place[s]] != wanted[i]) s = (s + 1) & mask;
        found[i] = place[s];
    }
}

enum { VALUE_BITS = 47 };

static inline int64_t dated_value(int32_t day, int64_t value) {
    const int64_t most = (1ll << VALUE_BITS) - 1;
    return value < 0 || day < 0 ? -1 : ((int64_t)(day & 0xFFFF) << VALUE_BITS) | (value > most ? most : value);
}

static const int64_t LARGEST_FEN = 1000000000000000ll; /* as in rules/screening.py */

static inline int64_t held(int64_t fen) { return fen > LARGEST_FEN ? LARGEST_FEN : fen < -LARGEST_FEN ? -LARGEST_FEN : fen; }

/* Runs of neighbouring filings of one taxpayer become one partial sum each. Days are days since 1970; NULL is INT32_MIN for a
 * day and -1 for employees and assets; `late` and `early` are the first days of the two windows, both end on `on`.
 * Returns the number of runs; first[run] is the run's first row. */
EXPORT int64_t fold_filings(int64_t n, const int64_t *key, const int32_t *day, const int64_t *sales, const int64_t *employees,
                            const int64_t *assets_yuan, const int8_t *grade, const int8_t *abnormal, int32_t early, int32_t late,
                            int32_t on, int64_t *first, int64_t *sales_early, int64_t *sales_late, int64_t *last_employees,
                            int64_t *last_assets, int32_t *last_day, int32_t *filings, int64_t *graded, int64_t *status) {
    int64_t run = -1;
    for (int64_t i = 0; i < n; i++) {
        if (run < 0 || key[i] != key[i - 1]) {
            run++;
            first[run] = i;
            sales_early[run] = sales_late[run] = 0;
            last_employees[run] = last_assets[run] = graded[run] = status[run] = -1;
            last_day[run] = INT32_MIN;
            filings[run] = 0;
        }
        if (day[i] == INT32_MIN || day[i] > on) continue;
        if (day[i] >= early) sales_early[run] = held(sales_early[run] + held(sales[i]));
        if (day[i] >= late) sales_late[run] = held(sales_late[run] + held(sales[i]));
        int64_t e = dated_value(day[i], employees[i]), a = dated_value(day[i], assets_yuan[i]);
        if (e > last_employees[run]) last_employees[run] = e;
        if (a > last_assets[run]) last_assets[run] = a;
        int64_t g = grade[i] ? dated_value(day[i], grade[i]) : -1, s = abnormal[i] < 0 ? -1 : dated_value(day[i], abnormal[i]);
        if (g > graded[run]) graded[run] = g;
        if (s > status[run]) status[run] = s;
        if (day[i] > last_day[run]) last_day[run] = day[i];
        filings[run]++;
    }
    return run + 1;
}

/* Fields of records, all of one width, from and to columns. A block of rows at a time, so that the records stay in the cache. */
enum { BLOCK = 512 };

#define EACH_ROW(statement) \
    for (int64_t i = low; i < high; i++) { uint8_t *at = records + place_of(i, place) * width + offset; statement; }

static inline int64_t place_of(int64_t i, const int64_t *place) { return place ? place[i] : i; }

/* Row i of the columns goes to record place[i], or to record i without places. */
EXPORT void put_fields(int64_t n, const int64_t *place, int64_t count, const int64_t *sizes, const int64_t *offsets,
                       const uint8_t *const *columns, int64_t width, uint8_t *records) {
    for (int64_t low = 0; low < n; low += BLOCK) {
        int64_t high = low + BLOCK < n ? low + BLOCK : n;
        for (int64_t c = 0; c < count; c++) {
            const uint8_t *column = columns[c];
            int64_t offset = offsets[c];
            switch (sizes[c]) {
                case 1: EACH_ROW(*at = column[i]) break;
                case 2: EACH_ROW(memcpy(at, column + 2 * i, 2)) break;
                case 4: EACH_ROW(memcpy(at, column + 4 * i, 4)) break;
                default: EACH_ROW(memcpy(at, column + 8 * i, 8)) break;
            }
        }
    }
}

#define EACH_RECORD(statement) \
    for (int64_t i = low; i < high; i++) { \
        const uint8_t *record = records + i * width, *at = record + offset; \
        int64_t row; \
        memcpy(&row, record, 8); \
        uint64_t to = (uint64_t)(row - first); \
        if (to < (uint64_t)rows) { statement; } \
    }

/* Records begin with their row, 8 bytes; its fields go to place row - first of columns of so many rows. */
EXPORT void take_fields(int64_t n, const uint8_t *records, int64_t width, int64_t first, int64_t rows, int64_t count,
                        const int64_t *sizes, const int64_t *offsets, uint8_t *const *columns) {
    for (int64_t low = 0; low < n; low += BLOCK) {
        int64_t high = low + BLOCK < n ? low + BLOCK : n;
        for (int64_t c = 0; c < count; c++) {
            uint8_t *column = columns[c];
            int64_t offset = offsets[c];
            switch (sizes[c]) {
                case 1: EACH_RECORD(column[to] = *at) break;
                case 2: EACH_RECORD(memcpy(column + 2 * to, at, 2)) break;
                case 4: EACH_RECORD(memcpy(column + 4 * to, at, 4)) break;
                default: EACH_RECORD(memcpy(column + 8 * to, at, 8)) break;
            }
        }
    }
}

/* out[i] is what word index[i] means, means[words] where there is none; values are of 1, 2, 4 or 8 bytes. */
#define EACH_WORD(type) \
    for (int64_t i = 0; i < n; i++) { \
        int64_t at = shift + i, known = !valid || (valid[at >> 3] >> (at & 7) & 1); \
        ((type *)out)[i] = ((const type *)means)[known && (uint64_t)index[i] < (uint64_t)words ? index[i] : words]; \
    }

EXPORT void map_words(int64_t n, const int32_t *index, const uint8_t *valid, int64_t shift, int64_t words, int64_t size,
                      const void *means, void *out) {
    switch (size) {
        case 1: EACH_WORD(uint8_t) break;
        case 2: EACH_WORD(uint16_t) break;
        case 4: EACH_WORD(uint32_t) break;
        default: EACH_WORD(uint64_t) break;
    }
}
