/* Writes down, in order, what a program does to the files of one folder, for a simulated power cut.
 * Preloaded into it: RECORD_FOLDER names the folder, RECORD_LOG the file of records.
 * A record: kind, number of the file, offset, length, then so many bytes.
 * Kinds: o open (the name follows), w write, t truncate (to the offset), s sync, u unlink. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 4096
static int known[MOST], log_fd = -1;
static const char *folder;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_truncate)(int, off64_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_close)(int);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_open = dlsym(RTLD_NEXT, "open64");
    real_openat = dlsym(RTLD_NEXT, "openat64");
    real_truncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_close = dlsym(RTLD_NEXT, "close");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    folder = getenv("RECORD_FOLDER");
    const char *name = getenv("RECORD_LOG");
    if (folder && name) log_fd = real_open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(char kind, int file, int64_t offset, const void *bytes, uint32_t length) {
    struct __attribute__((packed)) { char kind; int32_t file; int64_t offset; uint32_t length; }
        head = {kind, file, offset, length};
    pthread_mutex_lock(&lock);
    real_write(log_fd, &head, sizeof head);
    if (length) real_write(log_fd, bytes, length);
    pthread_mutex_unlock(&lock);
}

static int ours(int fd) { return log_fd >= 0 && fd >= 0 && fd < MOST && known[fd]; }

static int opened(int fd, const char *name) {
    if (log_fd >= 0 && fd >= 0 && fd < MOST && folder && !strncmp(name, folder, strlen(folder))) {
        known[fd] = 1;
        note('o', fd, 0, name, strlen(name));
    }
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(NAME)                                                                                 \
    int NAME(const char *name, int flags, ...) {                                                   \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = mode_of(flags, rest);                                                        \
        va_end(rest);                                                                              \
        return opened(real_open(name, flags, mode), name);                                         \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(NAME)                                                                               \
    int NAME(int at, const char *name, int flags, ...) {                                           \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = mode_of(flags, rest);                                                        \
        va_end(rest);                                                                              \
        return opened(real_openat(at, name, flags, mode), name);                                   \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    if (ours(fd)) known[fd] = 0;
    return real_close(fd);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    off64_t at = ours(fd) ? lseek64(fd, 0, SEEK_CUR) : 0;
    ssize_t done = real_write(fd, bytes, length);
    if (ours(fd) && done > 0) note('w', fd, at, bytes, done);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    ssize_t done = real_pwrite(fd, bytes, length, at);
    if (ours(fd) && done > 0) note('w', fd, at, bytes, done);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    return pwrite64(fd, bytes, length, at);
}

int ftruncate64(int fd, off64_t length) {
    int done = real_truncate(fd, length);
    if (ours(fd) && !done) note('t', fd, length, 0, 0);
    return done;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fsync(int fd) {
    int done = real_fsync(fd);
    if (ours(fd) && !done) note('s', fd, 0, 0, 0);
    return done;
}

int fdatasync(int fd) {
    int done = real_fdatasync(fd);
    if (ours(fd) && !done) note('s', fd, 0, 0, 0);
    return done;
}

int unlink(const char *name) {
    int done = real_unlink(name);
    if (!done && log_fd >= 0 && folder && !strncmp(name, folder, strlen(folder)))
        note('u', -1, 0, name, strlen(name));
    return done;
}
