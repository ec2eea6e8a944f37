/* prompts.c - see prompts.h. */
#include "load/prompts.h"

#include <inttypes.h>
#include <stdio.h>

void load_prompts_question(void *arg, uint64_t number, load_question *question)
{
    static const char *const subjects[] = {
        "The harbour ferry was late again because the tide table on board was last year's.",
        "Three of the nine sensors on the northern slope stopped reporting after the storm.",
        "The committee moved the deadline by a week and kept the budget as it was.",
        "Customers who had bought the smaller lamp asked for the larger shade.",
        "The bakery tried a rye loaf with less salt, and half of the regulars noticed.",
        "Traffic on the ring road doubled while the old bridge was being painted.",
        "The new release reads files twice as fast and needs a third less memory.",
        "Volunteers counted forty-one herons along the river, four more than last spring."
    };
    load_prompts *prompts = arg;
    const size_t count = sizeof subjects / sizeof *subjects;
    snprintf(prompts->text, sizeof prompts->text,
             "Report %" PRIu64 ". %s %s Nobody was hurt, and the matter is to be looked at again "
             "in report %" PRIu64 ".",
             number, subjects[number % count], subjects[(number / count + number) % count],
             number + 1);
    *question = (load_question){ .draft = { .input_text = prompts->text,
                                            .goal = "summarize in one sentence",
                                            .constraints = "at most 20 words" } };
}
