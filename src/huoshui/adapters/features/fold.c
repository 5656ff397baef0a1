/* Invoices of many firms to the figures of each: the quick twin of rules/features_invoices.py, which says what they mean.
 *
 * Rows come as records in any order and are grouped by firm. One firm at a time: repeats are found in a hash table, then every
 * row is added to its month, its side and its party. Plain C11, no state between calls, so threads may call at once.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#define NONE INT64_MIN
#define MOST_FEN 900000000000000LL
#define MOST_RATIO 1000000000LL
#define BASIS_POINTS 10000
#define PARTS 1000000
#define MOST_PARTS 50000000LL
#define YEAR 12
#define MONTHS 36
#define RECENT_DAYS 30
#define NO_DAY INT32_MIN
#define NO_KEY (-1)
#define LAST_DAY ((1 << 23) - 1)
#define MOST_INVOICE_FEN 100000000000LL
#define TOP 5
#define SETTLING_MONTHS 3
#define LARGE_PART 5

enum { PURCHASE = 1, VOID = 2, NO_NUMBER = 4, CLAMPED = 8, UNUSABLE = 16, NO_PARTY = 32, REPEAT = 64 };

typedef struct {
    int64_t party, amount, tax;
    uint64_t number;
    int32_t firm;
    int32_t day : 24;
    uint32_t flags : 8;
} Row;

_Static_assert(sizeof(Row) == 40, "a row is what ROW in fold.py says");

typedef struct {
    int64_t key, year[2], before[2], all[2], at_first[2];
    int32_t first[2];
} Party;

typedef struct {
    int64_t net[MONTHS], positive[MONTHS], red[MONTHS], voided_amount[MONTHS], tax[MONTHS];
    int64_t issued[MONTHS], voided[MONTHS];
    int64_t month_end, largest, recent;
    int32_t first, last_days;
} Side;

typedef struct {
    int64_t months, used, repeated, voided, red, future, unusable, clamped;
} Counts;

/* What every call shares: ages of the days before the decision day, bit 15 for the last days of a month. */
typedef struct {
    const int16_t *ages;
    int32_t known_days, on, cutoff_month;
} Calendar;

/* The parties that each firm traded with in the last year: net amounts above 0, else 0. */
typedef struct {
    int32_t *firm;
    int64_t *party, *sold, *bought, count;
} Pairs;

typedef struct {
    int32_t *places;
    int64_t places_size;
    Party *parties;
    int64_t parties_used, parties_room;
    int32_t *party_places;
    int64_t party_size;
} Work;

static inline uint64_t mix(uint64_t x) {
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93ULL;
    x ^= x >> 32;
    return x;
}

static inline int64_t clamped(__int128 x) { return x > MOST_FEN ? MOST_FEN : x < -MOST_FEN ? -MOST_FEN : (int64_t)x; }

/* part / whole in parts of scale, half away from zero, whole above 0. */
static int64_t ratio(__int128 part, __int128 whole, int64_t scale) {
    __int128 size = part < 0 ? -part : part;
    if (size < (int64_t)1 << 43 && whole < (int64_t)1 << 62) { /* 64 bits hold the product: the division is ten times as quick */
        int64_t quick = (int64_t)(((uint64_t)size * (uint64_t)scale + (uint64_t)whole / 2) / (uint64_t)whole);
        if (quick > MOST_RATIO) quick = MOST_RATIO;
        return part < 0 ? -quick : quick;
    }
    __int128 found = (size * scale + whole / 2) / whole;
    if (found > MOST_RATIO) found = MOST_RATIO;
    return part < 0 ? -(int64_t)found : (int64_t)found;
}

static int64_t root(int64_t x) {
    if (x <= 0) return 0;
    int64_t r = 0;
    for (int64_t bit = (int64_t)1 << 31; bit; bit >>= 1)
        if ((r + bit) * (r + bit) <= x) r += bit;
    return r;
}

static int32_t age_of(const Calendar *calendar, int32_t day, int *is_month_end) {
    int32_t before = calendar->on - day;
    if (before < calendar->known_days) {
        int32_t packed = calendar->ages[before];
        *is_month_end = packed & 1;
        return packed >> 1;
    }
    *is_month_end = 0; /* only asked of the last year */
    int64_t z = (int64_t)day + 719468, era = (z >= 0 ? z : z - 146096) / 146097; /* civil date of a day since 1970 */
    int64_t of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), shifted = (5 * of_year + 2) / 153;
    int64_t month = shifted < 10 ? shifted + 2 : shifted - 10;
    return (int32_t)(calendar->cutoff_month - ((year + era * 400 + (month < 2)) * 12 + month));
}

static int room(Work *work, int64_t rows) {
    int64_t size = 16;
    while (size < 2 * rows) size *= 2;
    if (size > work->places_size) {
        free(work->places);
        free(work->party_places);
        work->places = malloc((size_t)size * sizeof *work->places);
        work->party_places = malloc((size_t)size * sizeof *work->party_places);
        work->places_size = work->places && work->party_places ? size : 0;
        if (!work->places_size) return -1;
    }
    work->party_size = size;
    return 0;
}

static Party *party_of(Work *work, int64_t key) {
    uint64_t mask = (uint64_t)work->party_size - 1, at = mix((uint64_t)key) & mask;
    while (work->party_places[at] >= 0) {
        Party *found = work->parties + work->party_places[at];
        if (found->key == key) return found;
        at = (at + 1) & mask;
    }
    if (work->parties_used == work->parties_room) {
        int64_t larger = work->parties_room ? 2 * work->parties_room : 256;
        Party *moved = realloc(work->parties, (size_t)larger * sizeof *moved);
        if (!moved) return NULL;
        work->parties = moved;
        work->parties_room = larger;
    }
    Party *added = work->parties + work->parties_used;
    memset(added, 0, sizeof *added);
    added->key = key;
    added->first[0] = added->first[1] = -1;
    work->party_places[at] = (int32_t)work->parties_used++;
    return added;
}

static void mark_repeats(Row *rows, const int32_t *order, int64_t n, int32_t on, Work *work, int64_t size, Counts *counts) {
    uint64_t mask = (uint64_t)size - 1;
    memset(work->places, 0xFF, (size_t)size * sizeof *work->places);
    for (int64_t i = 0; i < n; i++) {
        Row *row = rows + order[i];
        if (row->flags & (UNUSABLE | NO_NUMBER) || row->day > on) continue;
        uint64_t at = mix(row->number ^ (uint64_t)row->day * 0x9E3779B97F4A7C15ULL) & mask;
        while (work->places[at] >= 0) {
            Row *seen = rows + work->places[at];
            if (seen->number == row->number && seen->day == row->day && seen->party == row->party && seen->amount == row->amount &&
                seen->tax == row->tax && !((seen->flags ^ row->flags) & (PURCHASE | NO_PARTY))) {
                seen->flags |= row->flags & VOID;
                row->flags |= REPEAT;
                counts->repeated++;
                break;
            }
            at = (at + 1) & mask;
        }
        if (!(row->flags & REPEAT)) work->places[at] = order[i];
    }
}

static void meet(Party *party, int s, int32_t age, int64_t amount) {
    if (age > party->first[s]) {
        party->first[s] = age;
        party->at_first[s] = 0;
    }
    if (age == party->first[s]) party->at_first[s] += amount;
}

static int add(const Row *row, Side *sides, const Calendar *calendar, Work *work, Counts *counts) {
    int s = row->flags & PURCHASE ? 1 : 0, is_void = (row->flags & VOID) != 0, is_month_end;
    Side *side = sides + s;
    int32_t age = age_of(calendar, row->day, &is_month_end), days = calendar->on - row->day;
    int64_t amount = row->amount, positive = amount > 0 ? amount : 0;
    counts->clamped += (row->flags & CLAMPED) != 0;
    *(is_void ? &counts->voided : &counts->used) += 1;
    counts->red += amount < 0 && !is_void;
    if (age > side->first) side->first = age;
    if (!is_void) {
        if (side->last_days < 0 || days < side->last_days) side->last_days = days;
        if (days < RECENT_DAYS) side->recent += positive;
    }
    if (age < 0) return 0;
    if (age < MONTHS) {
        side->issued[age]++;
        if (is_void) {
            side->voided[age]++;
            side->voided_amount[age] += amount < 0 ? -amount : amount;
            return 0;
        }
        side->net[age] += amount;
        side->tax[age] += row->tax;
        side->positive[age] += positive;
        side->red[age] += positive - amount;
        if (age < YEAR) {
            if (amount > side->largest) side->largest = amount;
            if (is_month_end) side->month_end += positive;
        }
    }
    if (is_void || row->flags & NO_PARTY || (age >= MONTHS && amount <= 0)) return 0;
    Party *party = party_of(work, row->party);
    if (!party) return -1;
    if (age < MONTHS) {
        party->all[s] += amount;
        if (age < YEAR) party->year[s] += amount;
        else if (age < 2 * YEAR) party->before[s] += amount;
    }
    if (amount > 0) meet(party, s, age, amount);
    return 0;
}

static __int128 sum(const int64_t *months, int from, int to) {
    __int128 found = 0;
    for (int i = from; i < to; i++) found += months[i];
    return found;
}

static int64_t spread(const int64_t *months, int count) {
    __int128 total = sum(months, 0, count);
    if (count < 3 || total <= 0) return NONE;
    int64_t parts = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        int64_t part = ratio(months[i], total, PARTS);
        part = part > MOST_PARTS ? MOST_PARTS : part < -MOST_PARTS ? -MOST_PARTS : part;
        parts += part;
        squares += part * part;
    }
    int64_t unit = PARTS / BASIS_POINTS;
    return (root(count * squares - parts * parts) + unit / 2) / unit;
}

static int64_t trend(const int64_t *months, int count) {
    __int128 total = sum(months, 0, count), moment = 0;
    if (count < 6 || total <= 0) return NONE;
    for (int age = 0; age < count; age++) moment += (__int128)(count - 1 - 2 * age) * months[age];
    return ratio(6 * moment, (count * count - 1) * total, BASIS_POINTS);
}

static int64_t longest_gap(const int64_t *months, int count) {
    int64_t longest = 0, run = 0;
    for (int i = 0; i < count; i++) {
        run = months[i] > 0 ? 0 : run + 1;
        if (run > longest) longest = run;
    }
    return longest;
}

static int64_t best_three(const int64_t *months) {
    int64_t best[3] = {INT64_MIN, INT64_MIN, INT64_MIN};
    for (int i = 0; i < YEAR; i++) {
        int64_t x = months[i];
        for (int k = 0; k < 3; k++)
            if (x > best[k]) {
                int64_t lower = best[k];
                best[k] = x;
                x = lower;
            }
    }
    return clamped((__int128)best[0] + best[1] + best[2]);
}

/* Parties with a net amount above 0: count, sum, largest, five largest, sum of squared shares. */
static int64_t *concentration(int64_t *out, const Work *work, int s, int of_year) {
    __int128 total = 0;
    int64_t top[TOP] = {0}, count = 0, squares = 0;
    for (int64_t i = 0; i < work->parties_used; i++) {
        int64_t x = of_year ? work->parties[i].year[s] : work->parties[i].all[s];
        if (x <= 0) continue;
        count++;
        total += x;
        for (int k = 0; k < TOP && x; k++)
            if (x > top[k]) {
                int64_t lower = top[k];
                top[k] = x;
                x = lower;
            }
    }
    if (total > 0 && total < (int64_t)1 << 43) { /* 64 bits hold share and half of the sum */
        uint64_t whole = (uint64_t)total, half = whole / 2;
        for (int64_t i = 0; i < work->parties_used; i++) {
            int64_t x = of_year ? work->parties[i].year[s] : work->parties[i].all[s];
            uint64_t share = x > 0 ? ((uint64_t)x * PARTS + half) / whole : 0;
            squares += (int64_t)(share * share);
        }
    } else if (total > 0) {
        for (int64_t i = 0; i < work->parties_used; i++) {
            int64_t x = of_year ? work->parties[i].year[s] : work->parties[i].all[s], share = x > 0 ? ratio(x, total, PARTS) : 0;
            squares += share * share;
        }
    }
    __int128 five = 0;
    for (int k = 0; k < TOP; k++) five += top[k];
    *out++ = count;
    *out++ = clamped(total);
    *out++ = clamped(top[0]);
    *out++ = clamped(five);
    *out++ = squares / PARTS;
    return out;
}

static int64_t new_large(const Side *side, const Work *work, int s) {
    int last = side->first - SETTLING_MONTHS < YEAR - 1 ? side->first - SETTLING_MONTHS : YEAR - 1;
    if (last < 0) return NONE;
    __int128 found = 0;
    for (int64_t i = 0; i < work->parties_used; i++) {
        const Party *party = work->parties + i;
        int age = party->first[s];
        if (age >= 0 && age <= last && (__int128)party->at_first[s] * LARGE_PART > side->positive[age]) found += party->at_first[s];
    }
    return clamped(found);
}

/* The figures of one side, in the order of OF_A_SIDE. */
static int64_t *write_side(int64_t *out, const Side *side, const Work *work, int s, int64_t facts) {
    if (side->first < 0) {
        for (int64_t i = 0; i < facts; i++) out[i] = NONE;
        out[8 + 12 + 10] = side->last_days < 0 ? NONE : side->last_days;
        return out + facts;
    }
    static const int windows[8][2] = {{0, 3}, {0, 6}, {6, 12}, {0, 12}, {12, 15}, {12, 24}, {0, 24}, {0, 36}};
    int year = side->first + 1 < YEAR ? side->first + 1 : YEAR, all = side->first + 1 < MONTHS ? side->first + 1 : MONTHS;
    for (int i = 0; i < 8; i++) *out++ = clamped(sum(side->net, windows[i][0], windows[i][1]));
    for (int months = YEAR; months <= MONTHS; months += MONTHS - YEAR) {
        *out++ = clamped(sum(side->positive, 0, months));
        *out++ = clamped(sum(side->red, 0, months));
        *out++ = clamped(sum(side->voided_amount, 0, months));
        *out++ = clamped(sum(side->tax, 0, months));
        *out++ = (int64_t)sum(side->issued, 0, months);
        *out++ = (int64_t)sum(side->voided, 0, months);
    }
    int64_t active_year = 0, active = 0;
    for (int i = 0; i < MONTHS; i++) {
        active += side->net[i] > 0;
        active_year += i < YEAR && side->net[i] > 0;
    }
    *out++ = clamped(sum(side->positive, 0, YEAR) + sum(side->voided_amount, 0, YEAR));
    *out++ = clamped(side->month_end);
    *out++ = side->largest;
    *out++ = year == YEAR ? best_three(side->net) : NONE;
    *out++ = active_year;
    *out++ = active;
    *out++ = longest_gap(side->net, year);
    *out++ = spread(side->net, year);
    *out++ = spread(side->net, all);
    *out++ = trend(side->net, year);
    *out++ = side->last_days < 0 ? NONE : side->last_days;
    *out++ = clamped((__int128)side->recent * YEAR);
    *out++ = new_large(side, work, s);
    out = concentration(out, work, s, 1);
    out = concentration(out, work, s, 0);
    __int128 new_sum = 0;
    int64_t before = 0, kept = 0;
    for (int64_t i = 0; i < work->parties_used; i++) {
        const Party *party = work->parties + i;
        before += party->before[s] > 0;
        kept += party->before[s] > 0 && party->year[s] > 0;
        if (party->before[s] <= 0 && party->year[s] > 0) new_sum += party->year[s];
    }
    *out++ = before ? clamped(new_sum) : NONE;
    *out++ = before;
    *out++ = kept;
    return out;
}

/* The figures of both sides together, in the order of OF_BOTH. */
static int64_t *write_both(int64_t *out, const Side *sides, const Work *work, int64_t own) {
    if (sides[0].first < 0 || sides[1].first < 0) {
        for (int i = 0; i < 6; i++) *out++ = NONE;
        return out;
    }
    __int128 traded = 0, value = 0, offset = 0, with_itself = 0;
    int64_t parties = 0, losses = 0;
    for (int64_t i = 0; i < work->parties_used; i++) {
        const Party *party = work->parties + i;
        int64_t sold = party->year[0] > 0 ? party->year[0] : 0, bought = party->year[1] > 0 ? party->year[1] : 0;
        traded += (__int128)sold + bought;
        if (sold && bought) {
            value += (__int128)sold + bought;
            offset += sold < bought ? sold : bought;
            parties++;
        }
        if (own != -1 && party->key == own) with_itself = (__int128)sold + bought;
    }
    for (int i = 0; i < YEAR && i <= sides[0].first && i <= sides[1].first; i++) losses += sides[0].net[i] < sides[1].net[i];
    *out++ = clamped(traded);
    *out++ = clamped(value);
    *out++ = clamped(offset);
    *out++ = parties;
    *out++ = clamped(with_itself);
    *out++ = losses;
    return out;
}

static void write_pairs(Pairs *pairs, int32_t firm, const Work *work) {
    for (int64_t i = 0; i < work->parties_used; i++) {
        const Party *party = work->parties + i;
        if (party->year[0] <= 0 && party->year[1] <= 0) continue;
        pairs->firm[pairs->count] = firm;
        pairs->party[pairs->count] = party->key;
        pairs->sold[pairs->count] = party->year[0] > 0 ? party->year[0] : 0;
        pairs->bought[pairs->count++] = party->year[1] > 0 ? party->year[1] : 0;
    }
}

static int fold_firm(Row *rows, const int32_t *order, int64_t n, const Calendar *calendar, int repeats_count, int64_t own, Work *work,
                     int64_t *out, int64_t facts_of_a_side) {
    Side sides[2];
    Counts counts = {0};
    memset(sides, 0, sizeof sides);
    sides[0].first = sides[1].first = sides[0].last_days = sides[1].last_days = -1;
    if (room(work, n)) return -1;
    work->parties_used = 0;
    memset(work->party_places, 0xFF, (size_t)work->party_size * sizeof *work->party_places);
    if (!repeats_count) mark_repeats(rows, order, n, calendar->on, work, work->party_size, &counts);
    for (int64_t i = 0; i < n; i++) {
        const Row *row = rows + order[i];
        if (row->flags & UNUSABLE) counts.unusable++;
        else if (row->day > calendar->on) counts.future++;
        else if (!(row->flags & REPEAT) && add(row, sides, calendar, work, &counts)) return -1;
    }
    out = write_side(out, sides, work, 0, facts_of_a_side);
    out = write_side(out, sides + 1, work, 1, facts_of_a_side);
    out = write_both(out, sides, work, own);
    counts.months = counts.used + counts.voided ? (sides[0].first > sides[1].first ? sides[0].first : sides[1].first) + 1 : NONE;
    memcpy(out, &counts, sizeof counts);
    return 0;
}

/* The figures of every firm, `facts` a firm; rows[i].firm is from 0 to firms - 1. Each of the pair columns has room for n.
 * Returns the number of pairs, or -1 where memory is short.
 */
EXPORT int64_t fold_invoices(int64_t n, Row *rows, int32_t firms, const int64_t *own, const int16_t *ages, int32_t known_days,
                             int32_t on, int32_t cutoff_month, int32_t repeats_count, int64_t facts, int64_t *out,
                             int32_t *pair_firm, int64_t *pair_party, int64_t *pair_sold, int64_t *pair_bought) {
    Pairs pairs = {pair_firm, pair_party, pair_sold, pair_bought, 0};
    const Calendar calendar = {ages, known_days, on, cutoff_month};
    int64_t facts_of_a_side = (facts - 6 - 8) / 2;
    Work work = {0};
    int64_t *starts = calloc((size_t)firms + 2, sizeof *starts);
    int32_t *order = malloc(((size_t)n + 1) * sizeof *order);
    int status = starts && order ? 0 : -1;
    if (!status) {
        for (int64_t i = 0; i < n; i++) starts[rows[i].firm + 2]++;
        for (int32_t f = 0; f < firms; f++) starts[f + 2] += starts[f + 1];
        for (int64_t i = 0; i < n; i++) order[starts[rows[i].firm + 1]++] = (int32_t)i;
    }
    for (int32_t f = 0; f < firms && !status; f++) {
        status = fold_firm(rows, order + starts[f], starts[f + 1] - starts[f], &calendar, repeats_count, own[f], &work,
                           out + (int64_t)f * facts, facts_of_a_side);
        if (!status) write_pairs(&pairs, f, &work);
    }
    free(starts);
    free(order);
    free(work.places);
    free(work.party_places);
    free(work.parties);
    return status ? status : pairs.count;
}

static int64_t cut(int64_t x) { return x > MOST_INVOICE_FEN ? MOST_INVOICE_FEN : x < -MOST_INVOICE_FEN ? -MOST_INVOICE_FEN : x; }

/* Columns to rows, those of one range of `width` firms together, in their order; a row of no firm is left out. `ends` gets where each
 * of the `ranges` ends. A number stands for its amounts too where these are cut, so that they do not become equal.
 */
EXPORT void pack_invoices(int64_t n, const int32_t *firm, const int32_t *day, const int64_t *amount, const int64_t *tax,
                          const int64_t *party, const int64_t *number, const uint8_t *is_purchase, const uint8_t *is_void, int32_t width,
                          int64_t ranges, int64_t *ends, Row *out) {
    memset(ends, 0, (size_t)ranges * sizeof *ends);
    for (int64_t i = 0; i < n; i++)
        if (firm[i] >= 0) ends[firm[i] / width]++;
    int64_t sum = 0;
    for (int64_t range = 0; range < ranges; range++) {
        int64_t count = ends[range];
        ends[range] = sum;
        sum += count;
    }
    for (int64_t i = 0; i < n; i++) {
        if (firm[i] < 0) continue;
        Row *row = out + ends[firm[i] / width]++;
        int usable = day[i] != NO_DAY && amount[i] != NONE;
        int64_t given = usable ? amount[i] : 0, kept = cut(given), kept_tax = cut(tax[i]);
        int is_cut = kept != given || kept_tax != tax[i];
        uint64_t apart = is_cut ? (uint64_t)given * 0x9E3779B97F4A7C15ULL ^ (uint64_t)tax[i] * 0xD6E8FEB86659FD93ULL : 0;
        int32_t within = !usable ? 0 : day[i] > LAST_DAY ? LAST_DAY : day[i] < -LAST_DAY ? -LAST_DAY : day[i];
        row->party = party[i];
        row->amount = kept;
        row->tax = kept_tax;
        row->number = (uint64_t)number[i] ^ apart;
        row->firm = firm[i];
        row->day = within;
        row->flags = (is_purchase[i] ? PURCHASE : 0u) | (is_void[i] ? VOID : 0u) | (number[i] == NO_KEY ? NO_NUMBER : 0u) |
                     (is_cut ? CLAMPED : 0u) | (usable ? 0u : UNUSABLE) | (party[i] == NO_KEY ? NO_PARTY : 0u);
    }
}

/* Keys to places in order of first appearance. The table is the caller's: `mask + 1` slots of -1, at most half of them ever used.
 * Returns how many keys are known afterwards; `added` gets the rows that brought a new one, at least n slots. With `grow` 0 an
 * unknown key gets place -1.
 */
EXPORT int64_t place_keys(int64_t n, const int64_t *keys, int64_t *table_keys, int32_t *table_places, int64_t mask, int64_t known,
                          int32_t grow, int32_t *places, int64_t *added) {
    int64_t fresh = 0, last_key = 0;
    int32_t last_place = -1;
    for (int64_t i = 0; i < n; i++) {
        int64_t key = keys[i];
        if (key == last_key && last_place >= 0) {
            places[i] = last_place;
            continue;
        }
        uint64_t at = mix((uint64_t)key * 0x9E3779B97F4A7C15ULL) & (uint64_t)mask;
        while (table_places[at] >= 0 && table_keys[at] != key) at = (at + 1) & (uint64_t)mask;
        if (table_places[at] < 0 && grow) {
            table_keys[at] = key;
            table_places[at] = (int32_t)(known + fresh);
            added[fresh++] = i;
        }
        places[i] = last_place = table_places[at];
        last_key = key;
    }
    return known + fresh;
}
