/*
 * input_form.c - see input_form.h.
 *
 * A line that cannot be used gets a record of its own. For a file without any lines one message is
 * of more use, and nothing is sent.
 */
#include "batch/input_form.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/form.h"
#include "base/json.h"
#include "exits.h"
#include "say.h"

/* The part of a file that is looked at; the job handles a longer first line. */
#define HEAD_MAX (64 * 1024)

static gl_slice without_blanks(gl_slice text)
{
    while (text.len != 0 && memchr(" \t\r\n", text.data[0], 4) != NULL)
        text = gl_slice_of(text.data + 1, text.len - 1);
    return text;
}

const char *input_form_problem(gl_slice head, bool whole)
{
    static const char mark[] = "\xEF\xBB\xBF";
    bool compressed;
    const char *form = gl_form_name(head, &compressed);
    if (form != NULL && compressed) return "it is compressed, and not JSON lines; decompress it";
    if (form != NULL)
        return "it is UTF-16 or UTF-32, and JSON lines are UTF-8; convert it, as with iconv -t "
               "UTF-8";
    if (head.len >= 3 && memcmp(head.data, mark, 3) == 0)
        head = gl_slice_of(head.data + 3, head.len - 3);
    head = without_blanks(head);
    const char *end = head.len != 0 ? memchr(head.data, '\n', head.len) : NULL;
    if (head.len == 0 || (end == NULL && !whole)) return NULL;
    size_t len = end != NULL ? (size_t)(end - head.data) : head.len;
    gl_slice line = gl_slice_of(head.data, len);
    gl_slice rest = without_blanks(gl_slice_of(head.data + len, head.len - len));
    gl_json root;
    gl_json_error error = gl_json_check(line, &root, NULL);
    bool array = line.data[0] == '[' && ((error == GL_JSON_OK && whole && rest.len == 0) ||
                                         (error == GL_JSON_CUT && rest.len != 0));
    if (array)
        return "it is one JSON array, and not an object a line; make lines of it: jq -c '.[]'";
    if (error == GL_JSON_CUT && line.data[0] == '{' && rest.len != 0 &&
        (rest.data[0] == '"' || rest.data[0] == '}'))
        return "its objects take several lines, and JSON lines take one each; make such lines: jq "
               "-c .";
    return NULL;
}

int input_form_check(int input, const char *name)
{
    static char head[HEAD_MAX];
    struct stat status;
    off_t at = lseek(input, 0, SEEK_CUR);
    size_t len = 0;
    if (at < 0 || fstat(input, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    while (len < sizeof head) {
        ssize_t got = pread(input, head + len, sizeof head - len, at + (off_t)len);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break; /* the job will report a read error */
        len += (size_t)got;
    }
    const char *problem = input_form_problem(gl_slice_of(head, len), len < sizeof head);
    if (problem == NULL) return 0;
    say("%s: %s", name, problem);
    return EXIT_BAD_INPUT;
}
