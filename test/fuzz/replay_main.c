/*
 * replay_main.c - runs every file of the directories named in argv through a fuzzer's entry point,
 * so that the corpus is a test where there is no libFuzzer. Exit 1 when there was nothing to run.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_MAX = 1 << 20 }; /* bytes; a corpus is small */

static int replay_file(const char *path)
{
    int ran = 0;
    uint8_t *data = malloc(FILE_MAX);
    FILE *file = fopen(path, "rb");
    if (data == NULL || file == NULL) goto done;
    size_t size = fread(data, 1, FILE_MAX, file);
    if (ferror(file)) goto done;
    LLVMFuzzerTestOneInput(data, size);
    ran = 1;
done:
    if (!ran) perror(path);
    if (file != NULL) fclose(file);
    free(data);
    return ran;
}

/* How many files ran; -1 when one could not be read. */
static int replay_directory(const char *path)
{
    int ran = 0;
    DIR *directory = opendir(path);
    if (directory == NULL) {
        perror(path);
        return -1;
    }
    for (struct dirent *entry; ran >= 0 && (entry = readdir(directory)) != NULL;) {
        char name[4096];
        if (entry->d_name[0] == '.') continue;
        int len = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (len < 0 || (size_t)len >= sizeof name || !replay_file(name))
            ran = -1;
        else
            ran++;
    }
    closedir(directory);
    return ran;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int ran = replay_directory(argv[i]);
        if (ran < 0) return EXIT_FAILURE;
        total += ran;
    }
    printf("%d inputs\n", total);
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
