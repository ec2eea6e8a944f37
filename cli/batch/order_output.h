/* order_output.h - the records of an output, put in the order of the input's lines. */
#ifndef CLI_BATCH_ORDER_OUTPUT_H
#define CLI_BATCH_ORDER_OUTPUT_H

/* Writes the file (open at fd, locked) anew, with the same records in the order of their lines, and
 * puts it in its own place; fd stays the caller's. It does not read the input: no record is dropped
 * or changed. 0, or the exit code after an error message: the file is as it was. */
int order_output(const char *path, int fd);

#endif
