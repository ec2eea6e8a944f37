/* files.c - see files.h. */
#include "mock/files.h"

#include "base/alloc.h"
#include "base/array.h"
#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "mock/error.h"
#include "mock/multipart.h"
#include "mock/spec.h"

#define ID_PREFIX    "file-mock"
#define FILE_MAX     ((size_t)256 * 1024 * 1024) /* the largest request, http.h */
#define UPLOAD_MAX   ((size_t)200 * 1024 * 1024) /* of a batch's input, by the API's reference */
#define LIST_DEFAULT 10000
#define LIST_MAX     10000

static void file_free(mock_file *file)
{
    if (file == NULL) return;
    gl_free(file->filename);
    gl_buf_free(&file->data);
    gl_free(file);
}

void mock_files_free(mock_files *files)
{
    for (size_t i = 0; i < files->count; i++) file_free(files->at[i]);
    gl_free(files->at);
    *files = (mock_files){ 0 };
}

mock_file *mock_files_add(mock_files *files, const char *purpose, gl_slice filename, gl_buf *data)
{
    mock_file **at = gl_array_room(files->at, &files->capacity, files->count + 1, 16, sizeof *at);
    if (at == NULL) return NULL;
    files->at = at;
    mock_file *file = gl_calloc(1, sizeof *file);
    if (file == NULL) return NULL;
    file->filename = gl_strndup(filename.data, filename.len);
    if (file->filename == NULL) {
        gl_free(file);
        return NULL;
    }
    file->number = files->count + 1;
    file->created = gl_clock_unix_ms() / 1000;
    file->purpose = purpose;
    file->data = *data;
    gl_buf_init(data, FILE_MAX);
    files->at[files->count++] = file;
    return file;
}

mock_file *mock_files_find(const mock_files *files, gl_slice id)
{
    size_t prefix = strlen(ID_PREFIX);
    uint64_t number = 0;
    if (id.len <= prefix || id.len > prefix + 15 || memcmp(id.data, ID_PREFIX, prefix) != 0)
        return NULL;
    for (size_t i = prefix; i < id.len; i++) {
        if (id.data[i] < '0' || id.data[i] > '9') return NULL;
        number = number * 10 + (uint64_t)(id.data[i] - '0');
    }
    return number >= 1 && number <= files->count ? files->at[number - 1] : NULL;
}

void mock_file_write_id(const mock_file *file, gl_buf *out)
{
    gl_buf_append_str(out, ID_PREFIX);
    gl_buf_append_u64(out, file->number);
}

bool mock_file_is_pending(const mock_files *files, const mock_file *file)
{
    return strcmp(file->purpose, "batch") == 0 && file->looks < files->faults.pending;
}

static void write_file(const mock_files *files, const mock_file *file, gl_buf *out)
{
    gl_buf_append_str(out, "{\"id\":\"");
    mock_file_write_id(file, out);
    gl_buf_append_str(out, "\",\"object\":\"file\",\"bytes\":");
    gl_buf_append_u64(out, file->data.len);
    gl_buf_append_str(out, ",\"created_at\":");
    gl_buf_append_i64(out, file->created);
    gl_buf_append_str(out, ",\"filename\":");
    gl_json_write_string(out, gl_slice_str(file->filename));
    gl_buf_append_str(out, ",\"purpose\":");
    gl_json_write_string(out, gl_slice_str(file->purpose));
    gl_buf_append_str(out, ",\"status\":\"");
    gl_buf_append_str(out, mock_file_is_pending(files, file) ? "pending" : "processed");
    gl_buf_append_str(out, "\",\"status_details\":null}");
}

static int not_found(gl_buf *out)
{
    return mock_answer_error(404, "id", NULL, "No such File object.", out);
}

int mock_files_upload(mock_files *files, gl_slice content_type, gl_slice body, gl_buf *out)
{
    mock_multipart reader;
    mock_part part, file = { .name = { NULL, 0 } };
    gl_slice purpose = { NULL, 0 };
    if (!mock_multipart_begin(&reader, content_type, body))
        return mock_answer_error(
            400, NULL, NULL, "The request body is no multipart/form-data with a boundary.", out);
    while (mock_multipart_next(&reader, &part)) {
        if (gl_slice_is(part.name, "purpose")) purpose = part.data;
        if (gl_slice_is(part.name, "file")) file = part;
    }
    if (!reader.ended)
        return mock_answer_error(400, NULL, NULL, "The form ends before its last boundary.", out);
    if (!gl_slice_is(purpose, "batch"))
        return mock_answer_error(400, "purpose", NULL, "'purpose' must be 'batch' here.", out);
    if (file.name.data == NULL || file.filename.data == NULL || file.data.len == 0)
        return mock_answer_error(400, "file", NULL, "There is no file, or it is empty.", out);
    if (file.data.len > UPLOAD_MAX)
        return mock_answer_error(400, "file", NULL,
                                 "The file is larger than 200 MB, the most for a batch.", out);
    if (gl_utf8_check(file.filename.data, file.filename.len) != file.filename.len)
        return mock_answer_error(400, "file", NULL, "The file's name is not UTF-8.", out);
    gl_buf data;
    gl_buf_init(&data, FILE_MAX);
    gl_buf_append(&data, file.data.data, file.data.len);
    mock_file *made = data.failed ? NULL : mock_files_add(files, "batch", file.filename, &data);
    gl_buf_free(&data);
    if (made == NULL) return mock_answer_error(500, NULL, NULL, "Out of memory.", out);
    files->uploads++;
    files->uploaded_bytes += made->data.len;
    write_file(files, made, out);
    return 200;
}

int mock_files_get(mock_files *files, gl_slice id, gl_buf *out)
{
    mock_file *file = mock_files_find(files, id);
    if (file == NULL) return not_found(out);
    if (mock_file_is_pending(files, file)) file->looks++;
    write_file(files, file, out);
    return 200;
}

int mock_files_content(mock_files *files, gl_slice id, gl_buf *out)
{
    const mock_file *file = mock_files_find(files, id);
    bool lost = file != NULL && files->lost < files->faults.lost;
    if (lost) files->lost++;
    if (file == NULL || lost) return not_found(out);
    gl_buf_append(out, file->data.data, file->data.len);
    return 200;
}

int mock_files_delete(mock_files *files, gl_slice id, gl_buf *out)
{
    mock_file *file = mock_files_find(files, id);
    if (file == NULL) return not_found(out);
    files->deleted++;
    files->at[file->number - 1] = NULL;
    gl_buf_append_str(out, "{\"id\":\"");
    mock_file_write_id(file, out);
    gl_buf_append_str(out, "\",\"object\":\"file\",\"deleted\":true}");
    file_free(file);
    return 200;
}

gl_slice mock_query_get(gl_slice query, const char *name)
{
    while (query.len != 0) {
        gl_slice value = mock_spec_next(&query, '&');
        gl_slice its = mock_spec_next(&value, '=');
        if (gl_slice_is(its, name)) return value;
    }
    return gl_slice_of(NULL, 0);
}

size_t mock_query_limit(gl_slice query, size_t fallback, size_t most)
{
    gl_slice text = mock_query_get(query, "limit"), unit;
    double number;
    if (text.data == NULL) return fallback;
    if (!mock_spec_number(text, &number, &unit) || unit.len != 0 || number > (double)most) return 0;
    return (size_t)number;
}

/* The newest first; behind `after`, when it is given. */
int mock_files_list(const mock_files *files, gl_slice query, gl_buf *out)
{
    size_t limit = mock_query_limit(query, LIST_DEFAULT, LIST_MAX), at = files->count, shown = 0;
    gl_slice after = mock_query_get(query, "after"), purpose = mock_query_get(query, "purpose");
    if (limit == 0) return mock_answer_error(400, "limit", NULL, "'limit' is 1 to 10000.", out);
    if (after.data != NULL && !files->faults.same_page) {
        const mock_file *file = mock_files_find(files, after);
        if (file == NULL) return not_found(out);
        at = (size_t)file->number - 1;
    }
    gl_buf_append_str(out, "{\"object\":\"list\",\"data\":[");
    for (; at > 0 && shown < limit; at--) {
        const mock_file *file = files->at[at - 1];
        if (file == NULL) continue;
        if (purpose.data != NULL && !gl_slice_is(purpose, file->purpose)) continue;
        if (shown++ != 0) gl_buf_append_char(out, ',');
        write_file(files, file, out);
    }
    bool more = at > 0 || files->faults.same_page;
    gl_buf_append_str(out, more ? "],\"has_more\":true}" : "],\"has_more\":false}");
    return 200;
}
