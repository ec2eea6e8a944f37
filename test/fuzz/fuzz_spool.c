/* fuzz_spool.c - any bytes through a pipe: the file that is made of them holds the same, at its
 * start. */
#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "files/spool.h"

/* So many fit a pipe: the writer need not wait. */
#define MOST 60000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char read_again[MOST];
    int ends[2];
    if (size > MOST) size = MOST;
    claim(pipe(ends) == 0, "no pipe");
    if (size > 0) claim(write(ends[1], data, size) == (ssize_t)size, "a pipe takes less");
    close(ends[1]);
    int file = spool_open(ends[0]);
    claim(file >= 0 && file != ends[0], "no file of its own");
    claim(lseek(file, 0, SEEK_CUR) == 0, "not at its start");
    claim(lseek(file, 0, SEEK_END) == (off_t)size, "another length");
    claim(gl_file_read_at(file, read_again, size, 0) == 0, "it cannot be read");
    claim(size == 0 || memcmp(read_again, data, size) == 0, "other bytes");
    claim(spool_open(file) == file, "a file is kept as it is");
    close(file);
    close(ends[0]);
    return 0;
}
