/* Kernels for names: their hashes as they are compared, the halves they are looked for by, and how near two are. */
#include "text.h"

enum { NAME_CAPACITY = 600 };

/* What of a name went into its hash already because it did not fit into the buffer. */
typedef struct {
    uint64_t hash;
    int64_t earlier;
} Absorbed;

static const uint8_t LIMITED_COMPANY[12] = {0xE8, 0xB4, 0xA3, 0xE4, 0xBB, 0xBB, 0xE5, 0x85, 0xAC, 0xE5, 0x8F, 0xB8}; /* 责任公司 */

/* The name without blanks, half width, upper case, 责任 dropped before 公司. Returns its length in bytes. With `absorbed` the
 * beginning of a name that does not fit goes into the hash; without, a name is cut and -1 is returned. */
static inline int clean_name(const uint8_t *p, const uint8_t *end, uint8_t *out, Absorbed *absorbed) {
    int n = 0;
    while (p < end) {
        if (n + 4 > NAME_CAPACITY) {
            const int whole = NAME_CAPACITY - 24;
            if (!absorbed) return -1;
            absorbed->hash = absorb(absorbed->hash, out, whole);
            absorbed->earlier += whole;
            n -= whole;
            memmove(out, out + whole, (size_t)n);
        }
        if (*p >= 0xE4 && *p <= 0xE9 && end - p >= 4) { /* most of a name: ideographs */
            memcpy(out + n, p, 4);
            n += 3;
            p += 3;
        } else {
            int folded, size = fold(p, end, &folded);
            if (folded > 0) out[n++] = (uint8_t)folded;
            if (folded < 0)
                for (int i = 0; i < size; i++) out[n++] = p[i];
            p += size;
            if (folded >= 0) continue;
        }
        if (n >= 12 && out[n - 1] == 0xB8 && out[n - 2] == 0x8F && !memcmp(out + n - 12, LIMITED_COMPANY, 12)) {
            memmove(out + n - 12, out + n - 6, 6);
            n -= 6;
        }
    }
    return n;
}

static uint64_t hash_name(const uint8_t *p, const uint8_t *end, uint8_t *buffer) {
    Absorbed absorbed = {start_hash(1), 0};
    int length = clean_name(p, end, buffer, &absorbed);
    return absorbed.earlier + length ? finish_hash(absorbed.hash, buffer, length, absorbed.earlier) | 1 : 0;
}

/* 64-bit hashes of normalised names, without region; 0 for the empty name. */
EXPORT void name_hashes(int64_t n, const int32_t *offsets, const uint8_t *raw, uint64_t *hash) {
    uint8_t name[NAME_CAPACITY];
    for (int64_t r = 0; r < n; r++) hash[r] = hash_name(raw + offsets[r], raw + offsets[r + 1], name);
}

/* Characters of a normalised name: start of each in bytes, starts[count] is the end. */
static int characters(const uint8_t *name, int length, int16_t *starts) {
    int count = 0;
    for (int i = 0; i < length; i++)
        if ((name[i] & 0xC0) != 0x80) starts[count++] = (int16_t)i;
    starts[count] = (int16_t)length;
    return count;
}

/* Characters without the legal form at the end (有限公司, 股份有限公司, 公司), which registers often drop; at least so many are left. */
static int core_count(const uint8_t *name, const int16_t *starts, int count, int least) {
    static const char *forms[3] = {"股份有限公司", "有限公司", "公司"};
    for (int f = 0; f < 3; f++) {
        int size = (int)strlen(forms[f]), chars = size / 3;
        if (count >= chars + least && starts[count] - starts[count - chars] == size && !memcmp(name + starts[count - chars], forms[f], (size_t)size))
            return count - chars;
    }
    return count;
}

/* Two block hashes a name without its legal form: its first and its second half. One wrong character leaves one half as it was.
 * `shift` cuts as if the name were so many characters longer: a name that lost a character, or its place prefix, has a half in
 * common with the whole name when both are cut alike. A name beyond all measure is one block by itself. */
EXPORT void block_hashes(int64_t n, const int32_t *offsets, const uint8_t *raw, int32_t shift, uint64_t *first, uint64_t *last) {
    uint8_t name[NAME_CAPACITY];
    int16_t starts[NAME_CAPACITY + 1];
    for (int64_t r = 0; r < n; r++) {
        int length = clean_name(raw + offsets[r], raw + offsets[r + 1], name, NULL);
        if (length < 0) {
            first[r] = last[r] = hash_name(raw + offsets[r], raw + offsets[r + 1], name);
            continue;
        }
        int count = core_count(name, starts, characters(name, length, starts), 1);
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

enum { MOST_SHIFT = 6 }; /* near_names.py cuts with shifts from -6 to 6 */

/* 1 when a half of b is a half of a cut under some shift: only then are the two ever compared. */
static int share_half(const uint8_t *a, const int16_t *sa, int ka, const uint8_t *b, const int16_t *sb, int kb) {
    int head = (kb + 1) / 2, tail = kb / 2;
    for (int shift = -MOST_SHIFT; shift <= MOST_SHIFT; shift++) {
        int whole = ka + shift < 0 ? 0 : ka + shift;
        int head_a = (whole + 1) / 2 < ka ? (whole + 1) / 2 : ka, tail_a = whole / 2 < ka ? whole / 2 : ka;
        if (head_a == head && sa[head] == sb[head] && !memcmp(a, b, (size_t)sb[head])) return 1;
        int size = sb[kb] - sb[kb - tail];
        if (tail_a == tail && sa[ka] - sa[ka - tail] == size && !memcmp(a + sa[ka - tail], b + sb[kb - tail], (size_t)size)) return 1;
    }
    return 0;
}

/* How near two names are: EQUAL, FORM_DROPPED, ONE_EDIT, PLACE_DROPPED (two to six characters at the front: 厦门, 厦门市, 厦门市翔安区), or FAR. Names that
 * are not equal are near only where they share a half, whichever of them is cut. */
EXPORT void compare_names(int64_t n, const int32_t *offsets_a, const uint8_t *raw_a, const int64_t *row_a, const int32_t *offsets_b,
                          const uint8_t *raw_b, const int64_t *row_b, uint8_t *nearness) {
    uint8_t a[NAME_CAPACITY], b[NAME_CAPACITY];
    int16_t sa[NAME_CAPACITY + 1], sb[NAME_CAPACITY + 1];
    for (int64_t r = 0; r < n; r++) {
        const uint8_t *given_a = raw_a + offsets_a[row_a[r]], *end_a = raw_a + offsets_a[row_a[r] + 1];
        const uint8_t *given_b = raw_b + offsets_b[row_b[r]], *end_b = raw_b + offsets_b[row_b[r] + 1];
        int na = clean_name(given_a, end_a, a, NULL), nb = clean_name(given_b, end_b, b, NULL);
        if (na < 0 || nb < 0) {
            nearness[r] = na == nb && hash_name(given_a, end_a, a) == hash_name(given_b, end_b, b) ? EQUAL : FAR;
            continue;
        }
        int ca = characters(a, na, sa), cb = characters(b, nb, sb);
        int ka = core_count(a, sa, ca, 3), kb = core_count(b, sb, cb, 3);
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
        if (nearness[r] > EQUAL) {
            int ha = core_count(a, sa, ca, 1), hb = core_count(b, sb, cb, 1);
            if (!share_half(a, sa, ha, b, sb, hb) || !share_half(b, sb, hb, a, sa, ha)) nearness[r] = FAR;
        }
    }
}
