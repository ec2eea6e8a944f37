/*
 * file.h - bytes to and from a descriptor, whole or with an errno: short writes and EINTR are gone
 * on with.
 */
#ifndef GL_BASE_FILE_H
#define GL_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Writes all of it. 0, or an errno. */
int gl_file_write(int fd, const char *data, size_t len);

/* Reads len bytes at this offset. 0, or an errno; EIO: the file is shorter. */
int gl_file_read_at(int fd, char *data, size_t len, uint64_t offset);

/* What was written is on the disk: 0, or an errno. EINVAL and ENOTSUP count as done, for they say
 * that there is nothing to sync (a device, a file system without a disk); everything else (EROFS of
 * a file system that met an error, ESTALE and ENOTCONN of a remote one) means that the bytes may be
 * on no disk. The second leaves out the file's times. */
int gl_file_sync(int fd);
int gl_file_sync_data(int fd);

#endif
