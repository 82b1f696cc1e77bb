// A V4L2 camera for one process, by LD_PRELOAD: opening the file that CAMERA_PATH names gives a device that answers the ioctls of
// linux/videodev2.h as drivers of USB cameras do. It has 1280x720 at 30 frames/s of the Motion JPEG picture in CAMERA_JPEG, unless that is
// not set, and YUYV of 640x480 at 30 or 15 and of 320x240 at 30. YUYV pictures are four bars. CAMERA_UNPLUG_AFTER unplugs it after so many
// pictures until it is opened again, with CAMERA_GONE for good. With CAMERA_BUSY another program has it.
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {
const unsigned BUFFER = 1 << 20;
const unsigned MOST = 8;

struct Mode { uint32_t fourcc, width, height; std::vector<uint32_t> rates; };

int camera = -1;
bool nonblocking;
uint8_t* memory;
Mode mode;
uint32_t rate = 30, buffers;
bool streaming;
std::vector<uint32_t> queued;
int64_t next_nanos;
uint32_t sequence;
std::vector<uint8_t> jpeg;

std::vector<Mode> modes() {
    std::vector<Mode> all;
    if (!jpeg.empty()) all.push_back({V4L2_PIX_FMT_MJPEG, 1280, 720, {30}});
    all.push_back({V4L2_PIX_FMT_YUYV, 640, 480, {30, 15}});
    all.push_back({V4L2_PIX_FMT_YUYV, 320, 240, {30}});
    return all;
}

int64_t now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int fail(int error) {
    errno = error;
    return -1;
}

bool unplugged() {
    const char* after = getenv("CAMERA_UNPLUG_AFTER");
    return after && sequence >= (uint32_t) atoi(after);
}

int opened(int flags) {
    if (unplugged() && getenv("CAMERA_GONE")) return fail(ENODEV);
    if (const char* path = getenv("CAMERA_JPEG")) {
        if (FILE* file = fopen(path, "rb")) {
            jpeg.resize(BUFFER);
            jpeg.resize(fread(jpeg.data(), 1, BUFFER, file));
            fclose(file);
        }
    }
    camera = memfd_create("camera", 0);
    if (ftruncate(camera, MOST * BUFFER)) return -1;
    memory = (uint8_t*) mmap(nullptr, MOST * BUFFER, PROT_READ | PROT_WRITE, MAP_SHARED, camera, 0);
    nonblocking = flags & O_NONBLOCK;
    mode = modes()[0];
    buffers = sequence = 0;
    streaming = false;
    queued.clear();
    return camera;
}

/** The mode of the format that is nearest in size; the first mode for a format that it has not. */
Mode nearest(const v4l2_pix_format& wanted) {
    Mode best = modes()[0];
    long least = -1;
    for (const Mode& m : modes()) {
        long off = labs((long) m.width * m.height - (long) wanted.width * wanted.height);
        if (m.fourcc == wanted.pixelformat && (least < 0 || off < least)) {
            best = m;
            least = off;
        }
    }
    return best;
}

void tell(v4l2_pix_format& pix, const Mode& m) {
    pix.width = m.width;
    pix.height = m.height;
    pix.pixelformat = m.fourcc;
    pix.field = V4L2_FIELD_NONE;
    pix.bytesperline = m.fourcc == V4L2_PIX_FMT_YUYV ? 2 * m.width : 0;
    pix.sizeimage = m.fourcc == V4L2_PIX_FMT_YUYV ? 2 * m.width * m.height : BUFFER;
}

uint32_t picture(uint8_t* to) {
    if (mode.fourcc == V4L2_PIX_FMT_MJPEG) {
        memcpy(to, jpeg.data(), jpeg.size());
        return jpeg.size();
    }
    // White, red, green and blue of 75 % (ITU-R BT.601, limited range).
    static const uint8_t bars[4][3] = {{180, 128, 128}, {65, 100, 212}, {112, 72, 58}, {35, 212, 114}};
    for (uint32_t y = 0; y < mode.height; y++) {
        for (uint32_t x = 0; x < mode.width; x += 2) {
            const uint8_t* bar = bars[4 * x / mode.width];
            uint8_t* p = to + 2 * (y * mode.width + x);
            p[0] = p[2] = bar[0];
            p[1] = bar[1];
            p[3] = bar[2];
        }
    }
    return 2 * mode.width * mode.height;
}

int dequeue(v4l2_buffer* buffer) {
    if (!streaming || queued.empty()) return fail(EINVAL);
    int64_t left = next_nanos - now();
    if (left > 0) {
        if (nonblocking) return fail(EAGAIN);
        timespec t = {left / 1000000000, left % 1000000000};
        nanosleep(&t, nullptr);
    }
    if (unplugged()) return fail(ENODEV);
    uint32_t index = queued.front();
    queued.erase(queued.begin());
    int64_t stamp = next_nanos;
    next_nanos += 1000000000LL / rate;
    buffer->index = index;
    buffer->bytesused = picture(memory + index * BUFFER);
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->field = V4L2_FIELD_NONE;
    buffer->sequence = sequence++;
    buffer->length = BUFFER;
    buffer->m.offset = index * BUFFER;
    buffer->timestamp.tv_sec = stamp / 1000000000;
    buffer->timestamp.tv_usec = stamp % 1000000000 / 1000;
    return 0;
}

int answer(unsigned long request, void* argument) {
    if (unplugged() && request != VIDIOC_STREAMOFF) return fail(ENODEV);
    switch (request) {
        case VIDIOC_QUERYCAP: {
            auto* c = (v4l2_capability*) argument;
            memset(c, 0, sizeof *c);
            strcpy((char*) c->driver, "uvcvideo");
            strcpy((char*) c->card, "Camera of a test");
            c->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS;
            c->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
            return 0;
        }
        case VIDIOC_G_INPUT:
            *(int*) argument = 0;
            return 0;
        case VIDIOC_S_INPUT:
            return *(int*) argument == 0 ? 0 : fail(EINVAL);
        case VIDIOC_ENUMINPUT: {
            auto* i = (v4l2_input*) argument;
            if (i->index) return fail(EINVAL);
            memset(i, 0, sizeof *i);
            strcpy((char*) i->name, "Input 1");
            i->type = V4L2_INPUT_TYPE_CAMERA;
            return 0;
        }
        case VIDIOC_ENUM_FMT: {
            auto* d = (v4l2_fmtdesc*) argument;
            std::vector<uint32_t> formats;
            for (const Mode& m : modes()) {
                if (formats.empty() || formats.back() != m.fourcc) formats.push_back(m.fourcc);
            }
            if (d->index >= formats.size()) return fail(EINVAL);
            bool coded = formats[d->index] == V4L2_PIX_FMT_MJPEG;
            d->pixelformat = formats[d->index];
            d->flags = coded ? V4L2_FMT_FLAG_COMPRESSED : 0;
            strcpy((char*) d->description, coded ? "Motion-JPEG" : "YUYV 4:2:2");
            return 0;
        }
        case VIDIOC_ENUM_FRAMESIZES: {
            auto* s = (v4l2_frmsizeenum*) argument;
            uint32_t n = 0;
            for (const Mode& m : modes()) {
                if (m.fourcc == s->pixel_format && n++ == s->index) {
                    s->type = V4L2_FRMSIZE_TYPE_DISCRETE;
                    s->discrete.width = m.width;
                    s->discrete.height = m.height;
                    return 0;
                }
            }
            return fail(EINVAL);
        }
        case VIDIOC_G_FMT:
            tell(((v4l2_format*) argument)->fmt.pix, mode);
            return 0;
        case VIDIOC_S_FMT: {
            if (streaming || getenv("CAMERA_BUSY")) return fail(EBUSY);
            auto* f = (v4l2_format*) argument;
            mode = nearest(f->fmt.pix);
            rate = mode.rates[0];
            tell(f->fmt.pix, mode);
            return 0;
        }
        case VIDIOC_S_PARM: {
            auto& t = ((v4l2_streamparm*) argument)->parm.capture.timeperframe;
            double wanted = t.numerator ? (double) t.denominator / t.numerator : 0;
            rate = mode.rates[0];
            for (uint32_t r : mode.rates) {
                if (labs((long) (r - wanted)) < labs((long) (rate - wanted))) rate = r;
            }
        }
        // fall through
        case VIDIOC_G_PARM: {
            auto& c = ((v4l2_streamparm*) argument)->parm.capture;
            c.capability = V4L2_CAP_TIMEPERFRAME;
            c.timeperframe = {1, rate};
            return 0;
        }
        case VIDIOC_REQBUFS: {
            auto* r = (v4l2_requestbuffers*) argument;
            if (r->memory != V4L2_MEMORY_MMAP) return fail(EINVAL);
            buffers = r->count = r->count < MOST ? r->count : MOST;
            queued.clear();
            return 0;
        }
        case VIDIOC_QUERYBUF: {
            auto* b = (v4l2_buffer*) argument;
            if (b->index >= buffers) return fail(EINVAL);
            b->length = BUFFER;
            b->m.offset = b->index * BUFFER;
            return 0;
        }
        case VIDIOC_QBUF:
            queued.push_back(((v4l2_buffer*) argument)->index);
            return 0;
        case VIDIOC_STREAMON:
            streaming = true;
            next_nanos = now() + 1000000000LL / rate;
            return 0;
        case VIDIOC_STREAMOFF:
            streaming = false;
            queued.clear();
            return 0;
        case VIDIOC_DQBUF:
            return dequeue((v4l2_buffer*) argument);
        default:
            return fail(ENOTTY);
    }
}

template <typename F>
F real(const char* name) {
    return (F) dlsym(RTLD_NEXT, name);
}

bool is_camera(const char* path) {
    const char* camera_path = getenv("CAMERA_PATH");
    return camera_path && path && !strcmp(path, camera_path);
}

int open_as(const char* name, const char* path, int flags, va_list rest) {
    // Java asks whether a file can be read by opening it for reading alone.
    if (is_camera(path) && (flags & O_ACCMODE) == O_RDWR) return opened(flags);
    mode_t permissions = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    return real<int (*)(const char*, int, ...)>(name)(path, flags, permissions);
}
}

extern "C" {
int open64(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int file = open_as("open64", path, flags, rest);
    va_end(rest);
    return file;
}

int open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int file = open_as("open", path, flags, rest);
    va_end(rest);
    return file;
}

int ioctl(int file, unsigned long request, ...) noexcept {
    va_list rest;
    va_start(rest, request);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    if (file >= 0 && file == camera) return answer(request & 0xffffffff, argument);
    return real<int (*)(int, unsigned long, ...)>("ioctl")(file, request, argument);
}

int close(int file) {
    if (file >= 0 && file == camera) {
        camera = -1;
        munmap(memory, MOST * BUFFER);
    }
    return real<int (*)(int)>("close")(file);
}
}
