/*
 * file.h - reads and writes all bytes of a descriptor, or returns an errno; continues after short
 * writes and EINTR.
 */
#ifndef GL_BASE_FILE_H
#define GL_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Writes all of it. 0, or an errno. */
int gl_file_write(int fd, const char *data, size_t len);

/* Reads len bytes at this offset. 0, or an errno; EIO: the file is shorter. */
int gl_file_read_at(int fd, char *data, size_t len, uint64_t offset);

/* Brings written bytes to the disk: 0, or an errno. EINVAL and ENOTSUP count as success, because
 * they say that there is nothing to sync (a device, a file system without a disk). Every other
 * errno (EROFS of a file system that met an error, ESTALE and ENOTCONN of a remote one) means that
 * the bytes may be on no disk. The second function leaves out the file's times. */
int gl_file_sync(int fd);
int gl_file_sync_data(int fd);

#endif
