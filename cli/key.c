/* key.c - `glimpse key`: the key of a chat body, or its canonical form, of which the key is the
 * digest. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/json.h"
#include "commands.h"
#include "exits.h"
#include "files/whole_file.h"
#include "say.h"

/* More than any endpoint takes. */
#define BODY_MAX ((size_t)256 * 1024 * 1024)

/* Prints the place of the fault, which the key's own error does not name. */
static int say_bad_body(const char *path, gl_slice text)
{
    gl_json root;
    size_t at = 0;
    gl_json_error error = gl_json_check(text, &root, &at);
    if (error != GL_JSON_OK)
        say("%s: %s at byte %zu", path, gl_json_error_text(error), at);
    else
        say("%s: not a JSON object", path);
    return EXIT_BAD_INPUT;
}

static glimpse_error print_key(gl_slice text, bool canonical)
{
    glimpse_key key;
    char *form, hex[65];
    size_t len;
    size_t given = glimpse_length(text.len);
    glimpse_error error = canonical ? glimpse_key_canonical(text.data, given, &form, &len)
                                    : glimpse_key_of_chat(text.data, given, &key);
    if (error != GLIMPSE_OK) return error;
    if (canonical) {
        say_text(stdout, form, len);
        glimpse_free(form);
    } else {
        glimpse_key_hex(&key, hex);
        puts(hex);
    }
    return GLIMPSE_OK;
}

int command_key(cli_settings *settings)
{
    const char *path = settings->word_count > 0 ? settings->words[0] : "-", *problem;
    size_t len;
    char *text = whole_file_read(path, BODY_MAX, &len, &problem);
    if (path[0] == '-' && path[1] == '\0') path = "standard input";
    if (text == NULL) {
        say("%s: %s", path, problem);
        return EXIT_IO;
    }
    int code = EXIT_DONE;
    glimpse_error error = print_key(gl_slice_of(text, len), settings->canonical);
    if (error == GLIMPSE_ERR_BAD_JSON || error == GLIMPSE_ERR_BAD_UTF8) {
        code = say_bad_body(path, gl_slice_of(text, len));
    } else if (error != GLIMPSE_OK) {
        say("%s: %s", path, glimpse_error_sentence(error));
        code = EXIT_OS_LIMIT;
    } else if (!say_flush_stdout()) {
        code = EXIT_IO;
    }
    gl_free(text);
    return code;
}
