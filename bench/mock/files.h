/*
 * files.h - the files that a server keeps: POST, GET and DELETE below /v1/files.
 *
 * They live in memory as long as the server. An id names one file for ever, also after it was
 * deleted.
 */
#ifndef MOCK_FILES_H
#define MOCK_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "mock/batch_spec.h"

typedef struct mock_file {
    uint64_t number; /* of its id, from 1 */
    int64_t created; /* seconds since 1970 */
    char *filename;  /* owned */
    const char *purpose;
    gl_buf data;
    uint64_t looks; /* requests that found it pending */
} mock_file;

typedef struct mock_files {
    mock_file **at; /* by number - 1; NULL where one was deleted */
    size_t count, capacity;
    uint64_t uploads, uploaded_bytes, deleted;
    mock_batch_faults faults;
    uint64_t lost; /* requests for a content that did not find it */
} mock_files;

void mock_files_free(mock_files *files);

/* Adds a file with this content, which is taken over (data is empty afterwards). NULL: out of
 * memory. */
mock_file *mock_files_add(mock_files *files, const char *purpose, gl_slice filename, gl_buf *data);

/* The file of this id; NULL when there is none, or no longer. */
mock_file *mock_files_find(const mock_files *files, gl_slice id);

/* Returns true while the file is still checked: no batch can be made of it yet. */
bool mock_file_is_pending(const mock_files *files, const mock_file *file);

void mock_file_write_id(const mock_file *file, gl_buf *out);

/* The calls: each appends a body to out and returns the HTTP status. */
int mock_files_upload(mock_files *files, gl_slice content_type, gl_slice body, gl_buf *out);
int mock_files_list(const mock_files *files, gl_slice query, gl_buf *out);
int mock_files_get(mock_files *files, gl_slice id, gl_buf *out);
int mock_files_content(mock_files *files, gl_slice id, gl_buf *out);
int mock_files_delete(mock_files *files, gl_slice id, gl_buf *out);

/* Returns the value of name=value in a query; data NULL when it is missing. Nothing is decoded: ids
 * and numbers only. */
gl_slice mock_query_get(gl_slice query, const char *name);

/* Returns limit=N of a query, fallback when there is none; 0 when it is not in 1 to most. */
size_t mock_query_limit(gl_slice query, size_t fallback, size_t most);

#endif
