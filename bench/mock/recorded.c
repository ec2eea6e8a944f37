/* recorded.c - see recorded.h. Owns the durations. */
#include "mock/recorded.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "mock/spec.h"

static bool add(mock_recorded *recorded, size_t *capacity, gl_time duration)
{
    gl_time *durations =
        gl_array_room(recorded->durations, capacity, recorded->count + 1, 256, sizeof *durations);
    if (durations == NULL) return false;
    recorded->durations = durations;
    recorded->durations[recorded->count++] = duration;
    return true;
}

const char *mock_recorded_read(mock_recorded *recorded, const char *path, size_t *line)
{
    *recorded = (mock_recorded){ 0 };
    *line = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL) return strerror(errno);
    char text[64]; /* a duration has 17 bytes at most */
    const char *why = NULL;
    size_t capacity = 0;
    while (why == NULL && fgets(text, sizeof text, file) != NULL) {
        size_t len = strcspn(text, "\r\n");
        bool comment = text[0] == '#', whole = len < sizeof text - 1;
        double ns;
        ++*line;
        while (!whole && comment && fgets(text, sizeof text, file) != NULL)
            whole = strchr(text, '\n') != NULL;
        if (comment || len == 0) continue;
        if (!whole || !mock_spec_duration(gl_slice_of(text, len), &ns))
            why = "not a duration";
        else if (recorded->count == MOCK_RECORDED_MAX)
            why = "more than 1048576 durations";
        else if (!add(recorded, &capacity, (gl_time)ns))
            why = "out of memory";
    }
    if (why == NULL) *line = 0;
    if (why == NULL && ferror(file)) why = "cannot be read";
    if (why == NULL && recorded->count == 0) why = "no duration";
    fclose(file);
    if (why != NULL) mock_recorded_free(recorded);
    return why;
}

void mock_recorded_free(mock_recorded *recorded)
{
    gl_free(recorded->durations);
    *recorded = (mock_recorded){ 0 };
}

gl_time mock_recorded_draw(mock_recorded *recorded, gl_rng *rng)
{
    if (recorded->random) return recorded->durations[gl_rng_below(rng, (uint32_t)recorded->count)];
    gl_time duration = recorded->durations[recorded->next];
    recorded->next = (recorded->next + 1) % recorded->count;
    return duration;
}
