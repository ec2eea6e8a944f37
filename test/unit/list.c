/* base/list against an array that is kept beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/list.h"
#include "base/rng.h"

typedef struct item {
    int name;
    gl_node node;
} item;

static int name_of(gl_node *node)
{
    return node != NULL ? GL_CONTAINER(node, item, node)->name : -1;
}

/* The list forwards and backwards is these names. */
static void assert_is(gl_list *list, const int *names, size_t count)
{
    gl_node *node = list->head.next;
    for (size_t i = 0; i < count; i++, node = node->next) {
        assert_ptr_not_equal(node, &list->head);
        assert_int_equal(name_of(node), names[i]);
        assert_ptr_equal(node->next->prev, node);
        assert_ptr_equal(node->prev->next, node);
    }
    assert_ptr_equal(node, &list->head);
    assert_int_equal(gl_list_empty(list), count == 0);
    if (count == 0) {
        assert_null(gl_list_first(list));
        assert_null(gl_list_last(list));
    } else {
        assert_int_equal(name_of(gl_list_first(list)), names[0]);
        assert_int_equal(name_of(gl_list_last(list)), names[count - 1]);
    }
}

static void removing_twice_is_harmless(void **state)
{
    (void)state;
    gl_list list;
    item a = { .name = 1 };
    gl_list_init(&list);
    gl_node_init(&a.node);
    assert_false(gl_node_linked(&a.node));
    gl_node_remove(&a.node);
    gl_list_push_back(&list, &a.node);
    assert_true(gl_node_linked(&a.node));
    gl_node_remove(&a.node);
    gl_node_remove(&a.node);
    assert_false(gl_node_linked(&a.node));
    assert_is(&list, NULL, 0);
    assert_null(gl_list_pop_front(&list));
}

static void splice_moves_all_to_the_end(void **state)
{
    (void)state;
    item items[4] = { { .name = 0 }, { .name = 1 }, { .name = 2 }, { .name = 3 } };
    gl_list to, from;
    gl_list_init(&to);
    gl_list_init(&from);
    gl_list_splice_back(&to, &from);
    assert_is(&to, NULL, 0);
    gl_list_push_back(&from, &items[0].node);
    gl_list_push_back(&from, &items[1].node);
    gl_list_splice_back(&to, &from); /* to an empty one */
    assert_is(&to, (const int[]){ 0, 1 }, 2);
    assert_is(&from, NULL, 0);
    gl_list_push_back(&from, &items[2].node);
    gl_list_push_back(&from, &items[3].node);
    gl_list_splice_back(&to, &from);
    assert_is(&to, (const int[]){ 0, 1, 2, 3 }, 4);
    assert_is(&from, NULL, 0);
    gl_node_remove(&items[3].node);
    gl_node_remove(&items[0].node);
    assert_is(&to, (const int[]){ 1, 2 }, 2);
}

static void random_operations_match_an_array(void **state)
{
    (void)state;
    enum { ITEMS = 24, OPERATIONS = 30000 };
    item items[ITEMS];
    int model[ITEMS];
    size_t count = 0;
    gl_list list;
    gl_rng rng;
    gl_list_init(&list);
    gl_rng_seed(&rng, 7);
    for (int i = 0; i < ITEMS; i++) {
        items[i].name = i;
        gl_node_init(&items[i].node);
    }
    for (int n = 0; n < OPERATIONS; n++) {
        int i = (int)gl_rng_below(&rng, ITEMS);
        size_t at = 0;
        while (at < count && model[at] != i) at++;
        assert_int_equal(gl_node_linked(&items[i].node), at < count);
        if (at < count) {
            memmove(model + at, model + at + 1, (count - at - 1) * sizeof *model);
            count--;
            gl_node_remove(&items[i].node);
        } else if (gl_rng_below(&rng, 2) == 0) {
            memmove(model + 1, model, count * sizeof *model);
            model[0] = i;
            count++;
            gl_list_push_front(&list, &items[i].node);
        } else {
            model[count++] = i;
            gl_list_push_back(&list, &items[i].node);
        }
        if (count != 0 && gl_rng_below(&rng, 8) == 0) {
            assert_int_equal(name_of(gl_list_pop_front(&list)), model[0]);
            memmove(model, model + 1, --count * sizeof *model);
        }
        assert_is(&list, model, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removing_twice_is_harmless),
        cmocka_unit_test(splice_moves_all_to_the_end),
        cmocka_unit_test(random_operations_match_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
