/* pick.c - where the next request goes, by table; and over many choices, by weight, by latency and
 * by the beginning of a prompt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "base/siphash.h"
#include "policy/pick.h"

#define MANY 12
#define NOW  (1000 * GL_SECOND)

typedef struct pool {
    gl_candidate at[MANY];
    gl_pick_share shares[MANY];
    size_t count;
} pool;

static void fill(pool *p, size_t count)
{
    *p = (pool){ .count = count };
    for (size_t i = 0; i < count; i++)
        p->at[i] = (gl_candidate){ .open = true,
                                   .room = 1000,
                                   .when = NOW,
                                   .weight = 1,
                                   .name = gl_hash(0, &i, sizeof i),
                                   .share = &p->shares[i] };
}

/* --- the way: which group, and when again ----------------------------------------------------- */

/* One letter an endpoint, blanks between groups: `.` takes requests, `f` has refused this one, `n`
 * has no room, `N` none and refused it, `p` asked to wait 5 s, `q` to wait 0.5 s, `x` is not to be
 * asked, for 7 s, `X` refused it, too, `s` has room in half a second by its rate. */
static gl_candidate drawn(char letter, unsigned group, gl_pick_share *share)
{
    gl_candidate made = { .group = group,
                          .open = strchr("xX", letter) == NULL,
                          .failed = strchr("fNX", letter) != NULL,
                          .parked = strchr("pq", letter) != NULL,
                          .room = strchr(".f", letter) != NULL ? 5 : 0,
                          .when = GL_TIME_NEVER,
                          .weight = 1,
                          .name = 1,
                          .share = share };
    if (letter == 'p') made.when = NOW + 5 * GL_SECOND;
    if (letter == 'q' || letter == 's') made.when = NOW + GL_SECOND / 2;
    if (letter == 'x' || letter == 'X') made.when = NOW + 7 * GL_SECOND;
    return made;
}

#define NEVER (-1)

static void the_first_group_that_can_take_it_has_it(void **state)
{
    (void)state;
    static const struct {
        const char *way;
        int to;       /* place in the text; below 0: none */
        int again_ms; /* then; NEVER: when an attempt has ended */
    } rows[] = {
        { ".", 0, 0 },         { "f", 0, 0 }, /* all have refused it: it is for all again */
        { "n", -1, NEVER },                   /* waits for an attempt to end */
        { "x", -1, 7000 },                    /* waits for the next probe */
        { "p", -1, 5000 },     { "s", -1, 500 },    { "n .", -1, NEVER }, /* a full window is no
                                                                             refusal: its turn comes
                                                                             in the first group */
        { "s .", -1, 500 },                                               /* nor is a rate */
        { "f .", 2, 0 },       { "x .", 2, 0 },     { "p .", 2, 0 },      { "fxp .", 4, 0 },
        { "fxn .", -1, 7000 }, { "f.", 1, 0 }, /* within a group first those that have not refused
                                                  it */
        { "fn", -1, NEVER },                   /* also where that means to wait */
        { "fp", 0, 0 },                        /* but not for long */
        { "fq", -1, 500 },     { "fs", -1, 500 },   { "fx", 0, 0 },       { "p n", -1, 5000 },
        { "p q", -1, 500 }, /* the shorter of the two waits */
        { "q p", -1, 500 },    { "p p .", 4, 0 },   { "f f", 0, 0 }, /* in the order of the way */
        { "N f", -1, NEVER },  { "X f", 2, 0 },     { "X N", -1, 7000 },  { "X x", -1, 7000 },
        { "x f", 2, 0 },       { "x n", -1, 7000 }, { "x x x .", 6, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int kind = GLIMPSE_PICK_ROOM; kind <= GLIMPSE_PICK_PREFIX; kind++) {
            gl_candidate at[MANY];
            gl_pick_share shares[MANY] = { { 0 } };
            size_t count = 0, place[MANY];
            unsigned group = 0;
            for (size_t c = 0; rows[i].way[c] != '\0'; c++) {
                if (rows[i].way[c] == ' ') {
                    group++;
                    continue;
                }
                place[count] = c;
                at[count] = drawn(rows[i].way[c], group, &shares[count]);
                count++;
            }
            gl_time when;
            size_t picked = gl_pick((glimpse_pick)kind, at, count, 7, NOW, &when);
            int to = picked == GL_PICK_NONE ? -1 : (int)place[picked];
            if (to != rows[i].to) fail_msg("\"%s\" went to %d", rows[i].way, to);
            if (to >= 0) continue;
            gl_time again =
                rows[i].again_ms == NEVER ? GL_TIME_NEVER : gl_time_add_ms(NOW, rows[i].again_ms);
            if (when != again)
                fail_msg("\"%s\" waits until %llu", rows[i].way, (unsigned long long)when);
        }
}

/* --- room ------------------------------------------------------------------------------------- */

static void shares_are_by_weight_within_5_percent_over_1000(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        gl_rng rng;
        gl_rng_seed(&rng, seed);
        pool p;
        double sum = 0, got[MANY] = { 0 };
        fill(&p, 1 + gl_rng_below(&rng, MANY));
        for (size_t i = 0; i < p.count; i++) {
            p.at[i].weight = 0.5 + gl_rng_uniform(&rng) * 9;
            sum += p.at[i].weight;
        }
        gl_time when;
        for (int n = 0; n < 1000; n++)
            got[gl_pick(GLIMPSE_PICK_ROOM, p.at, p.count, 0, NOW, &when)]++;
        for (size_t i = 0; i < p.count; i++) {
            double due = 1000 * p.at[i].weight / sum;
            assert_true(fabs(got[i] - due) <= 1 + 0.05 * due);
        }
    }
}

static void a_heavy_endpoint_does_not_get_its_share_in_one_go(void **state)
{
    (void)state;
    pool p;
    fill(&p, 3);
    p.at[0].weight = 5;
    char order[8] = "";
    gl_time when;
    for (int i = 0; i < 7; i++)
        order[i] = (char)('a' + gl_pick(GLIMPSE_PICK_ROOM, p.at, 3, 0, NOW, &when));
    assert_string_equal(order, "aabacaa"); /* nginx's order for 5, 1, 1 */
}

static void an_endpoint_without_room_gets_nothing_and_catches_nothing_up(void **state)
{
    (void)state;
    pool p;
    int got[3] = { 0 };
    gl_time when;
    fill(&p, 3);
    p.at[1].room = 0;
    for (int i = 0; i < 1000; i++) got[gl_pick(GLIMPSE_PICK_ROOM, p.at, 3, 0, NOW, &when)]++;
    assert_int_equal(got[1], 0);
    p.at[1].room = 1000;
    for (int i = 0; i < 300; i++) got[gl_pick(GLIMPSE_PICK_ROOM, p.at, 3, 0, NOW, &when)]++;
    assert_in_range(got[1], 99, 101);
}

/* --- fastest ---------------------------------------------------------------------------------- */

static void the_fastest_gets_all_but_a_twentieth_that_looks_at_the_others(void **state)
{
    (void)state;
    pool p;
    int got[4] = { 0 };
    static const uint64_t latency[4] = { 900, 300, 700, 2000 };
    gl_time when;
    fill(&p, 4);
    for (int i = 0; i < 2000; i++) {
        size_t to = gl_pick(GLIMPSE_PICK_FASTEST, p.at, 4, 0, NOW, &when);
        gl_pick_saw(&p.shares[to], latency[to] * GL_MS);
        got[to]++;
    }
    assert_in_range(got[1], 1880, 1930);
    for (int i = 0; i < 4; i++) assert_true(i == 1 || got[i] >= 25);
}

static void an_endpoint_that_became_fast_is_found_out(void **state)
{
    (void)state;
    pool p;
    uint64_t latency[2] = { 1000, 3000 };
    int got[2] = { 0 };
    gl_time when;
    fill(&p, 2);
    for (int i = 0; i < 2000; i++) {
        if (i == 1000) latency[1] = 100;
        size_t to = gl_pick(GLIMPSE_PICK_FASTEST, p.at, 2, 0, NOW, &when);
        gl_pick_saw(&p.shares[to], latency[to] * GL_MS);
        if (i >= 1500) got[to]++;
    }
    assert_in_range(got[1], 450, 500);
}

static void one_that_has_answered_nothing_is_asked_one_thing_at_first(void **state)
{
    (void)state;
    pool p;
    gl_time when;
    fill(&p, 2);
    gl_pick_saw(&p.shares[0], GL_SECOND);
    assert_int_equal(gl_pick(GLIMPSE_PICK_FASTEST, p.at, 2, 0, NOW, &when), 1);
    p.at[1].in_flight = 1;
    for (int i = 0; i < 10; i++)
        assert_int_equal(gl_pick(GLIMPSE_PICK_FASTEST, p.at, 2, 0, NOW, &when), 0);
}

static void a_full_endpoint_counts_as_slower(void **state)
{
    (void)state;
    pool p;
    gl_time when;
    fill(&p, 2);
    gl_pick_saw(&p.shares[0], 1000 * GL_MS);
    gl_pick_saw(&p.shares[1], 1500 * GL_MS);
    p.at[0].room = 60, p.at[0].in_flight = 40;
    assert_int_equal(gl_pick(GLIMPSE_PICK_FASTEST, p.at, 2, 0, NOW, &when), 0);
    p.at[0].room = 40, p.at[0].in_flight = 60;
    assert_int_equal(gl_pick(GLIMPSE_PICK_FASTEST, p.at, 2, 0, NOW, &when), 1);
}

/* --- prefix ----------------------------------------------------------------------------------- */

static size_t pick_prompt(pool *p, uint64_t prompt)
{
    gl_time when;
    return gl_pick(GLIMPSE_PICK_PREFIX, p->at, p->count, gl_hash(0, &prompt, sizeof prompt), NOW,
                   &when);
}

static void prompts_are_spread_by_weight_and_each_keeps_its_endpoint(void **state)
{
    (void)state;
    enum { PROMPTS = 20000 };
    pool p;
    int got[4] = { 0 };
    fill(&p, 4);
    p.at[3].weight = 3;
    for (uint64_t prompt = 0; prompt < PROMPTS; prompt++) {
        size_t to = pick_prompt(&p, prompt);
        assert_int_equal(pick_prompt(&p, prompt), to);
        got[to]++;
    }
    for (int i = 0; i < 4; i++) {
        int due = i == 3 ? PROMPTS / 2 : PROMPTS / 6;
        assert_in_range(got[i], due - due / 20, due + due / 20);
    }
}

static void when_one_goes_only_its_own_prompts_move(void **state)
{
    (void)state;
    pool all, fewer;
    fill(&all, 5);
    fill(&fewer, 5);
    fewer.at[2].open = false;
    for (uint64_t prompt = 0; prompt < 2000; prompt++) {
        size_t before = pick_prompt(&all, prompt), after = pick_prompt(&fewer, prompt);
        assert_true(before == 2 ? after != 2 : after == before);
    }
}

/* A thousand requests with one beginning: no endpoint has more than 5/4 of its share. */
static void one_prompt_alone_does_not_overload_its_endpoint(void **state)
{
    (void)state;
    pool p;
    fill(&p, 4);
    for (int i = 1; i <= 1000; i++) {
        size_t to = pick_prompt(&p, 77);
        p.at[to].in_flight++;
        p.at[to].room--;
        for (size_t e = 0; e < 4; e++) assert_true(p.at[e].in_flight <= ceil(1.25 * (double)i / 4));
    }
}

static gl_json body_of(const char *text)
{
    gl_json root;
    assert_int_equal(gl_json_check(gl_slice_str(text), &root, NULL), GL_JSON_OK);
    return root;
}

static void only_the_beginning_of_a_prompt_counts(void **state)
{
    (void)state;
    char one[3000], other[3000];
    static const char form[] = "{\"model\":\"%c\",\"messages\":[{\"role\":\"system\",\"content\":"
                               "\"%01100d\"},{\"role\":\"user\",\"content\":\"%s\"}]}";
    snprintf(one, sizeof one, form, 'a', 1, "hello");
    snprintf(other, sizeof other, form, 'b', 1, "bye");
    assert_true(gl_pick_prompt(body_of(one)) == gl_pick_prompt(body_of(other)));
    static const char *const differ[] = {
        "{\"messages\":[{\"content\":\"one\"}]}",
        "{\"messages\":[{\"content\":\"two\"}]}",
        "{\"prompt\":\"one\"}",
        "{\"input\":\"two\"}",
        "{\"instructions\":\"be brief\",\"input\":\"two\"}",
        "{\"instructions\":\"be long\",\"input\":\"two\"}",
        "{}",
    };
    for (size_t i = 0; i < sizeof differ / sizeof *differ; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(gl_pick_prompt(body_of(differ[i])) != gl_pick_prompt(body_of(differ[j])));
}

/* --- any state -------------------------------------------------------------------------------- */

/* Whatever the endpoints are like: what is picked could be picked, and nothing waits that need
 * not. */
static void no_choice_is_ever_one_that_may_not_be(void **state)
{
    (void)state;
    static const char letters[] = ".fnNpqxXs";
    gl_rng rng;
    gl_rng_seed(&rng, 16);
    for (int run = 0; run < 100000; run++) {
        gl_candidate at[MANY];
        gl_pick_share shares[MANY] = { { 0 } };
        size_t count = 1 + gl_rng_below(&rng, MANY);
        unsigned group = 0;
        bool room = false, full = false;
        for (size_t i = 0; i < count; i++) {
            group += i > 0 && gl_rng_below(&rng, 3) == 0;
            at[i] = drawn(letters[gl_rng_below(&rng, sizeof letters - 1)], group, &shares[i]);
            at[i].weight = 0.1 + gl_rng_uniform(&rng);
            room |= at[i].open && at[i].room > 0;
            full |= at[i].open && at[i].room == 0;
        }
        gl_time when;
        size_t picked = gl_pick((glimpse_pick)gl_rng_below(&rng, 3), at, count, run, NOW, &when);
        if (picked != GL_PICK_NONE) {
            assert_true(picked < count && at[picked].open && at[picked].room > 0);
            for (size_t i = 0; i < count; i++) /* nobody of its group that did not refuse it */
                assert_true(!at[picked].failed || at[i].group != at[picked].group || !at[i].open ||
                            at[i].failed || at[i].room == 0);
        } else {
            assert_true(!room || full);
            assert_true(when > NOW);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_group_that_can_take_it_has_it),
        cmocka_unit_test(shares_are_by_weight_within_5_percent_over_1000),
        cmocka_unit_test(a_heavy_endpoint_does_not_get_its_share_in_one_go),
        cmocka_unit_test(an_endpoint_without_room_gets_nothing_and_catches_nothing_up),
        cmocka_unit_test(the_fastest_gets_all_but_a_twentieth_that_looks_at_the_others),
        cmocka_unit_test(an_endpoint_that_became_fast_is_found_out),
        cmocka_unit_test(one_that_has_answered_nothing_is_asked_one_thing_at_first),
        cmocka_unit_test(a_full_endpoint_counts_as_slower),
        cmocka_unit_test(prompts_are_spread_by_weight_and_each_keeps_its_endpoint),
        cmocka_unit_test(when_one_goes_only_its_own_prompts_move),
        cmocka_unit_test(one_prompt_alone_does_not_overload_its_endpoint),
        cmocka_unit_test(only_the_beginning_of_a_prompt_counts),
        cmocka_unit_test(no_choice_is_ever_one_that_may_not_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
