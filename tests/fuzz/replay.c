/* A main() for fuzz targets where libFuzzer is not: runs the target over the files and folders given, so that a corpus
 * is a test under any compiler. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t runs;

/* Reads into memory of exactly the file's size, so that the sanitizers see a read past its end. */
static int run_file(const char *path, size_t size)
{
    uint8_t *data = malloc(size ? size : 1);
    FILE *file = fopen(path, "rb");
    int failed = !data || !file || fread(data, 1, size, file) != size;

    if (failed)
        fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
    else
        LLVMFuzzerTestOneInput(data, size);
    runs += !failed;
    if (file)
        fclose(file);
    free(data);
    return failed;
}

static int run_path(const char *path);

static int run_folder(const char *path)
{
    struct dirent **entries;
    int failed = 0;
    int count = scandir(path, &entries, NULL, alphasort);

    if (count < 0) {
        fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
        return 1;
    }
    for (int i = 0; i < count; i++) {
        char inner[PATH_MAX];
        snprintf(inner, sizeof(inner), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            failed |= run_path(inner);
        free(entries[i]);
    }
    free(entries);
    return failed;
}

static int run_path(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        fprintf(stderr, "cannot read %s: %s\n", path, strerror(errno));
        return 1;
    }
    return S_ISDIR(st.st_mode) ? run_folder(path) : run_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++)
        failed |= run_path(argv[i]);
    printf("%zu inputs\n", runs);
    return failed || runs == 0 ? 1 : 0;
}
