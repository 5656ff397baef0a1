/* Column kernels over Arrow string buffers: text becomes 64-bit keys once, so that everything after works on integers.
 *
 * A text column is `offsets` (n + 1) and `raw` (UTF-8 bytes). Nothing here allocates, and nothing is read beyond the last
 * offset: text from outside is hostile. kernels.py wraps these with numpy; the pure rules (rules/uscc.py) say the same for
 * one code, and tests/adapters/registers/test_kernels.py proves that the two agree.
 */
#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

enum { EMPTY = 0, VALID = 1, HISTORICAL = 2, MISMATCH = 3, INVALID = 4, OLD_NUMBER = 5, AMBIGUOUS = 6 };
enum { CODE_LENGTH = 18, HISTORICAL_LENGTH = 15, NAME_CAPACITY = 600 };

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

static inline uint64_t mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_bytes(const uint8_t *p, int n, uint64_t seed) {
    uint64_t h = seed ^ 0x9E3779B97F4A7C15ull;
    uint64_t word;
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&word, p + i, 8);
        h = mix(h ^ word, 0xA0761D6478BD642Full);
    }
    word = 0;
    memcpy(&word, p + i, (size_t)(n - i));
    h = mix(h ^ word, 0xE7037ED1A0B428DBull);
    return mix(h ^ (uint64_t)n, 0x8EBC6AF09C88C6E3ull);
}

/* One character at p: its length in bytes; *folded is the half-width upper-case ASCII byte, 0 for a blank to drop, -1 otherwise. */
static inline int fold(const uint8_t *p, const uint8_t *end, int *folded) {
    uint8_t b = *p;
    if (b < 0x80) {
        *folded = b <= 0x20 || b == 0x7F ? 0 : (b >= 'a' && b <= 'z') ? b - 32 : b;
        return 1;
    }
    int length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
    if (p + length > end) length = (int)(end - p);
    *folded = -1;
    if (length == 2 && b == 0xC2 && p[1] == 0xA0) *folded = 0;
    if (length != 3) return length;
    if (b == 0xEF && (p[1] == 0xBC || p[1] == 0xBD)) {
        int c = p[1] == 0xBC ? 0x20 + (p[2] - 0x80) : 0x60 + (p[2] - 0x80);
        if (c >= 0x21 && c <= 0x7E) *folded = (c >= 'a' && c <= 'z') ? c - 32 : c;
    } else if (b == 0xE3 && p[1] == 0x80) {
        if (p[2] == 0x80) *folded = 0;
        if (p[2] == 0x90 || p[2] == 0x94) *folded = '(';
        if (p[2] == 0x91 || p[2] == 0x95) *folded = ')';
    } else if ((b == 0xE2 && p[1] == 0x80 && p[2] >= 0x8B && p[2] <= 0x8F) || (b == 0xEF && p[1] == 0xBB && p[2] == 0xBF)) {
        *folded = 0;
    }
    return length;
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
            if (allow_historical && body_holds(code + 6)) {
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

/* Far keys of texts that are a register's own number under a named scheme (seed); -1 for the empty text. */
EXPORT void own_keys(int64_t n, const int32_t *offsets, const uint8_t *raw, uint64_t seed, int64_t *key) {
    for (int64_t r = 0; r < n; r++) {
        uint8_t text[64];
        int length = 0;
        const uint8_t *p = raw + offsets[r], *end = raw + offsets[r + 1];
        while (p < end && length < 64) {
            int folded, size = fold(p, end, &folded);
            if (folded > 0) text[length++] = (uint8_t)folded;
            if (folded < 0)
                for (int i = 0; i < size && length < 64; i++) text[length++] = p[i];
            p += size;
        }
        key[r] = length ? far_key(text, length, seed) : -1;
    }
}

/* The name without blanks, half width, upper case, 责任 dropped before 公司. Returns its length in bytes. */
static int clean_name(const uint8_t *p, const uint8_t *end, uint8_t *out) {
    static const uint8_t limited[6] = {0xE8, 0xB4, 0xA3, 0xE4, 0xBB, 0xBB};
    static const uint8_t company[6] = {0xE5, 0x85, 0xAC, 0xE5, 0x8F, 0xB8};
    int n = 0;
    while (p < end && n + 4 <= NAME_CAPACITY) {
        if (*p >= 0xE4 && *p <= 0xE9 && end - p >= 4 && (*p != limited[0] || p[1] != limited[1])) { /* most of a name: ideographs */
            memcpy(out + n, p, 4);
            n += 3;
            p += 3;
            continue;
        }
        int folded, size = fold(p, end, &folded);
        if (folded > 0) {
            out[n++] = (uint8_t)folded;
        } else if (folded < 0) {
            if (size == 3 && *p == limited[0] && end - p >= 12 && !memcmp(p, limited, 6) && !memcmp(p + 6, company, 6)) {
                p += 6;
                continue;
            }
            for (int i = 0; i < size; i++) out[n++] = p[i];
        }
        p += size;
    }
    return n;
}

/* 64-bit hashes of normalised names, without region; 0 for the empty name. */
EXPORT void name_hashes(int64_t n, const int32_t *offsets, const uint8_t *raw, uint64_t *hash) {
    uint8_t name[NAME_CAPACITY];
    for (int64_t r = 0; r < n; r++) {
        int length = clean_name(raw + offsets[r], raw + offsets[r + 1], name);
        hash[r] = length ? hash_bytes(name, length, 1) | 1 : 0;
    }
}

/* Characters of a normalised name: start of each in bytes, starts[count] is the end. */
static int characters(const uint8_t *name, int length, int16_t *starts) {
    int count = 0;
    for (int i = 0; i < length; i++)
        if ((name[i] & 0xC0) != 0x80) starts[count++] = (int16_t)i;
    starts[count] = (int16_t)length;
    return count;
}

/* Characters without the legal form at the end (有限公司, 股份有限公司, 公司), which registers often drop. */
static int core_count(const uint8_t *name, const int16_t *starts, int count) {
    static const char *forms[3] = {"股份有限公司", "有限公司", "公司"};
    for (int f = 0; f < 3; f++) {
        int size = (int)strlen(forms[f]), chars = size / 3;
        if (count > chars + 2 && starts[count] - starts[count - chars] == size && !memcmp(name + starts[count - chars], forms[f], (size_t)size))
            return count - chars;
    }
    return count;
}

/* Two block hashes a name without its legal form: its first and its second half. One wrong character leaves one half as it was.
 * `shift` cuts as if the name were so many characters longer: a name that lost a character, or its place prefix, has a half in
 * common with the whole name when both are cut alike. */
EXPORT void block_hashes(int64_t n, const int32_t *offsets, const uint8_t *raw, int32_t shift, uint64_t *first, uint64_t *last) {
    uint8_t name[NAME_CAPACITY];
    int16_t starts[NAME_CAPACITY + 1];
    for (int64_t r = 0; r < n; r++) {
        int length = clean_name(raw + offsets[r], raw + offsets[r + 1], name);
        int count = core_count(name, starts, characters(name, length, starts));
        int whole = count + shift < 0 ? 0 : count + shift;
        int head = (whole + 1) / 2 < count ? (whole + 1) / 2 : count, tail = whole / 2 < count ? whole / 2 : count;
        first[r] = hash_bytes(name, starts[head], 2);
        last[r] = hash_bytes(name + starts[count - tail], starts[count] - starts[count - tail], 3);
    }
}

static int same(const uint8_t *a, const int16_t *sa, int i, const uint8_t *b, const int16_t *sb, int j) {
    int size = sa[i + 1] - sa[i];
    return size == sb[j + 1] - sb[j] && !memcmp(a + sa[i], b + sb[j], (size_t)size);
}

/* 1 when the characters [i, i+m) of a and [j, j+k) of b are equal or one edit apart. */
static int one_edit(const uint8_t *a, const int16_t *sa, int i, int m, const uint8_t *b, const int16_t *sb, int j, int k) {
    if (m - k > 1 || k - m > 1) return 0;
    int head = 0, tail = 0, shorter = m < k ? m : k;
    while (head < shorter && same(a, sa, i + head, b, sb, j + head)) head++;
    while (tail < shorter - head && same(a, sa, i + m - 1 - tail, b, sb, j + k - 1 - tail)) tail++;
    return (m > k ? m : k) - head - tail <= 1;
}

enum { FAR = 0, EQUAL = 1, FORM_DROPPED = 2, ONE_EDIT = 3, PLACE_DROPPED = 4 };

/* How near two names are: EQUAL, FORM_DROPPED, ONE_EDIT, PLACE_DROPPED (two to six characters at the front: 厦门, 厦门市, 厦门市翔安区), or FAR. */
EXPORT void compare_names(int64_t n, const int32_t *offsets_a, const uint8_t *raw_a, const int64_t *row_a, const int32_t *offsets_b,
                          const uint8_t *raw_b, const int64_t *row_b, uint8_t *nearness) {
    uint8_t a[NAME_CAPACITY], b[NAME_CAPACITY];
    int16_t sa[NAME_CAPACITY + 1], sb[NAME_CAPACITY + 1];
    for (int64_t r = 0; r < n; r++) {
        int na = clean_name(raw_a + offsets_a[row_a[r]], raw_a + offsets_a[row_a[r] + 1], a);
        int nb = clean_name(raw_b + offsets_b[row_b[r]], raw_b + offsets_b[row_b[r] + 1], b);
        int ca = characters(a, na, sa), cb = characters(b, nb, sb);
        int ka = core_count(a, sa, ca), kb = core_count(b, sb, cb);
        nearness[r] = FAR;
        if (ka < 4 || kb < 4) {
            if (na == nb && !memcmp(a, b, (size_t)na)) nearness[r] = EQUAL;
            continue;
        }
        if (na == nb && !memcmp(a, b, (size_t)na)) {
            nearness[r] = EQUAL;
        } else if (ka == kb && sa[ka] == sb[kb] && !memcmp(a, b, (size_t)sa[ka]) && (ka == ca || kb == cb)) {
            nearness[r] = FORM_DROPPED;
        } else if ((ka == ca) == (kb == cb) && one_edit(a, sa, 0, ca, b, sb, 0, cb)) {
            nearness[r] = ONE_EDIT;
        } else {
            for (int drop = 2; drop <= 6; drop++) {
                int longer_a = ca == cb + drop && sa[ca] - sa[drop] == nb;
                int longer_b = cb == ca + drop && sb[cb] - sb[drop] == na;
                if ((longer_a && !memcmp(a + sa[drop], b, (size_t)nb)) || (longer_b && !memcmp(b + sb[drop], a, (size_t)na)))
                    nearness[r] = PLACE_DROPPED;
            }
        }
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
        if (day[i] >= early) sales_early[run] += sales[i];
        if (day[i] >= late) sales_late[run] += sales[i];
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
