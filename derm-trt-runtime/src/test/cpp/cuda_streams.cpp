// CUDA's streams, graphs and events.
#include "cuda.h"

namespace emulator {

void invalidate(Capture& capture) { capture.invalid = true; }

void invalidateCapture(Stream* stream) {
    if (stream->capture) {
        invalidate(*stream->capture);
    }
}

bool isCapturing(Stream* stream) { return stream->capture != nullptr; }

int deviceOf(Stream* stream) { return stream->device; }

Stream* legacyStream(int device) {
    Stream*& stream = cuda().legacy[device];
    if (!stream) {
        stream = new Stream;
        stream->device = device;
        stream->legacy = true;
    }
    return stream;
}

Stream* streamOf(void* handle, const char* function) {
    if (handle == nullptr || handle == (void*)1) {
        return legacyStream(thread.device);
    }
    auto* stream = (Stream*)handle;
    if (!cuda().streams.count(handle) || !stream->alive) {
        violation("%s: no such stream, or one destroyed: %p", function, handle);
        return nullptr;
    }
    return stream;
}

void runOne(Stream* stream) {
    Work work = std::move(stream->queue.front());
    stream->queue.pop_front();
    if (int error = called("work")) {
        deviceFails(error);
    }
    // After an error nothing runs any more.
    if (!deviceError()) {
        work();
    }
}

void finish(Stream* stream) {
    while (!stream->queue.empty()) {
        runOne(stream);
    }
}

template <class F>
void eachStream(F f) {
    for (void* stream : std::set<void*>(cuda().streams)) {
        f((Stream*)stream);
    }
    for (auto& entry : std::map<int, Stream*>(cuda().legacy)) {
        f(entry.second);
    }
}

void finishAll() { eachStream(finish); }

void finishBlocking(int device) {
    eachStream([&](Stream* s) {
        if (s->blocking && s->device == device) {
            finish(s);
        }
    });
}

int issue(Stream* stream, Work work) {
    if (stream->capture) {
        if (stream->capture->invalid) {
            return CAPTURE_INVALIDATED;
        }
        stream->capture->work.push_back(std::move(work));
        stream->captured++;
        stream->joined = false;
        return SUCCESS;
    }
    if (stream->legacy) {
        for (Capture* capture : cuda().captures) {
            for (Stream* s : capture->streams) {
                if (s->blocking && s->device == stream->device) {
                    violation("work for the default stream while a stream that waits for it is captured");
                    invalidate(*capture);
                    return CAPTURE_IMPLICIT;
                }
            }
        }
        finishBlocking(stream->device);
    } else if (stream->blocking) {
        finish(legacyStream(stream->device));
    }
    stream->queue.push_back(std::move(work));
    if (setting("eager")) {
        finish(stream);
    }
    return SUCCESS;
}

int unsafeCall(const char* function) {
    for (Capture* capture : cuda().captures) {
        if (capture->mode == 0 || (capture->mode == 1 && capture->thread == &thread)) {
            violation("%s while a stream is captured", function);
            invalidate(*capture);
            return CAPTURE_UNSUPPORTED;
        }
    }
    return SUCCESS;
}

void complete(Event* event, int64_t mark, Stream* stream) {
    while (event->done < mark && stream && !stream->queue.empty()) {
        runOne(stream);
    }
}

void endCapture(Stream* origin) {
    auto capture = origin->capture;
    for (Stream* s : capture->streams) {
        s->capture = nullptr;
        s->captured = 0;
        s->joined = true;
    }
    cuda().captures.erase(capture.get());
}

void resetCuda() {
    Cuda& c = cuda();
    c.captures.clear();
    eachStream([](Stream* s) {
        s->queue.clear();
        s->capture = nullptr;
    });
    auto kill = [](std::set<void*>& all, const char* counter, auto* kind) {
        for (void* object : all) {
            auto* o = (decltype(kind))object;
            if (o->alive) {
                o->alive = false;
                count(counter, -1);
            }
        }
    };
    kill(c.streams, "live.streams", (Stream*)nullptr);
    kill(c.events, "live.events", (Event*)nullptr);
    kill(c.graphs, "live.graphs", (Graph*)nullptr);
    kill(c.execs, "live.graphExecs", (GraphExec*)nullptr);
    kill(c.modules, "live.modules", (Module*)nullptr);
    forgetRegistrations();
    releaseAll();
}

}  // namespace emulator

using namespace emulator;

// ---- streams

static int createStream(void** stream, unsigned flags) {
    auto* created = born<Stream>(cuda().streams, "live.streams");
    created->device = thread.device;
    created->blocking = (flags & 1) == 0;
    *stream = created;
    return SUCCESS;
}

EXPORT int cudaStreamCreate(void** stream) {
    RUNTIME("cudaStreamCreate");
    return createStream(stream, 0);
}

EXPORT int cudaStreamCreateWithFlags(void** stream, unsigned flags) {
    RUNTIME("cudaStreamCreateWithFlags");
    return createStream(stream, flags);
}

EXPORT int cudaStreamCreateWithPriority(void** stream, unsigned flags, int) {
    RUNTIME("cudaStreamCreateWithPriority");
    return createStream(stream, flags);
}

EXPORT int cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
    RUNTIME("cudaDeviceGetStreamPriorityRange");
    if (least) {
        *least = 0;
    }
    if (greatest) {
        *greatest = -5;
    }
    return SUCCESS;
}

EXPORT int cudaStreamDestroy(void* handle) {
    RUNTIME("cudaStreamDestroy");
    auto* stream = live<Stream>(cuda().streams, handle, "stream", "cudaStreamDestroy");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->capture) {
        violation("cudaStreamDestroy of a stream that is captured");
        invalidateCapture(stream);
        return last(CAPTURE_UNSUPPORTED);
    }
    finish(stream);
    stream->alive = false;
    count("live.streams", -1);
    return SUCCESS;
}

EXPORT int cudaStreamSynchronize(void* handle) {
    RUNTIME("cudaStreamSynchronize");
    Stream* stream = streamOf(handle, "cudaStreamSynchronize");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->capture) {
        violation("cudaStreamSynchronize of a stream that is captured");
        invalidateCapture(stream);
        return last(CAPTURE_UNSUPPORTED);
    }
    if (stream->legacy) {
        finishBlocking(stream->device);
    }
    finish(stream);
    return last(deviceError());
}

// Answers once that it is not ready where there was work, so that those who ask again and again come to an end.
EXPORT int cudaStreamQuery(void* handle) {
    RUNTIME("cudaStreamQuery");
    Stream* stream = streamOf(handle, "cudaStreamQuery");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->capture) {
        violation("cudaStreamQuery of a stream that is captured");
        invalidateCapture(stream);
        return last(CAPTURE_UNSUPPORTED);
    }
    bool pending = !stream->queue.empty();
    finish(stream);
    REQUIRE(deviceError());
    return pending ? NOT_READY : SUCCESS;
}

EXPORT int cudaStreamWaitEvent(void* handle, void* eventHandle, unsigned) {
    RUNTIME("cudaStreamWaitEvent");
    Stream* stream = streamOf(handle, "cudaStreamWaitEvent");
    auto* event = live<Event>(cuda().events, eventHandle, "event", "cudaStreamWaitEvent");
    if (!stream || !event) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (event->capture) {
        if (!stream->capture) {
            stream->capture = event->capture;
            event->capture->streams.insert(stream);
        } else if (stream->capture != event->capture) {
            violation("cudaStreamWaitEvent between two captures");
            return last(CAPTURE_ISOLATION);
        }
        // Work is captured in the order of issue; what is left to know is whether all of it is waited for.
        if (stream != event->stream && event->captured == event->stream->captured) {
            event->stream->joined = true;
        }
        if (stream != stream->capture->origin) {
            stream->joined = false;
        }
        return SUCCESS;
    }
    if (stream->capture) {
        violation("cudaStreamWaitEvent of a captured stream for work outside of the capture");
        invalidateCapture(stream);
        return last(CAPTURE_ISOLATION);
    }
    int64_t mark = event->recorded;
    Stream* source = event->stream;
    return last(issue(stream, [=] { complete(event, mark, source); }));
}

EXPORT int cudaStreamBeginCapture(void* handle, int mode) {
    RUNTIME("cudaStreamBeginCapture");
    Stream* stream = streamOf(handle, "cudaStreamBeginCapture");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->legacy || stream->capture) {
        violation("cudaStreamBeginCapture of the default stream, or of one that is captured already");
        return last(stream->legacy ? CAPTURE_UNSUPPORTED : INVALID_VALUE);
    }
    stream->capture = std::make_shared<Capture>();
    stream->capture->mode = mode;
    stream->capture->thread = &thread;
    stream->capture->origin = stream;
    stream->capture->streams.insert(stream);
    cuda().captures.insert(stream->capture.get());
    return SUCCESS;
}

EXPORT int cudaStreamEndCapture(void* handle, void** graph) {
    Lock lock;
    // As in CUDA a failure ends the capture, too.
    int fault = enter("cudaStreamEndCapture");
    *graph = nullptr;
    Stream* stream = streamOf(handle, "cudaStreamEndCapture");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (!stream->capture || stream->capture->origin != stream) {
        violation("cudaStreamEndCapture of a stream in which no capture began");
        return last(stream->capture ? CAPTURE_UNMATCHED : INVALID_VALUE);
    }
    auto capture = stream->capture;
    if (capture->mode != 2 && capture->thread != &thread) {
        violation("cudaStreamEndCapture in another thread than the one that began");
        return last(CAPTURE_WRONG_THREAD);
    }
    bool joined = true;
    for (Stream* s : capture->streams) {
        joined = joined && (s == stream || s->joined);
    }
    endCapture(stream);
    REQUIRE(fault);
    if (capture->invalid) {
        return last(CAPTURE_INVALIDATED);
    }
    if (!joined) {
        violation("cudaStreamEndCapture: another stream's work is not waited for");
        return last(CAPTURE_UNJOINED);
    }
    auto* made = born<Graph>(cuda().graphs, "live.graphs");
    made->work = capture->work;
    *graph = made;
    return SUCCESS;
}

EXPORT int cudaStreamIsCapturing(void* handle, int* status) {
    RUNTIME("cudaStreamIsCapturing");
    Stream* stream = streamOf(handle, "cudaStreamIsCapturing");
    if (!stream) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    *status = !stream->capture ? 0 : stream->capture->invalid ? 2 : 1;
    return SUCCESS;
}

// ---- graphs

static int instantiate(const char* function, void** exec, void* handle) {
    auto* graph = live<Graph>(cuda().graphs, handle, "graph", function);
    if (!graph) {
        return last(INVALID_VALUE);
    }
    auto* made = born<GraphExec>(cuda().execs, "live.graphExecs");
    made->device = thread.device;
    made->work = graph->work;
    *exec = made;
    return SUCCESS;
}

EXPORT int cudaGraphInstantiate(void** exec, void* graph, unsigned long long) {
    RUNTIME("cudaGraphInstantiate");
    return instantiate("cudaGraphInstantiate", exec, graph);
}

EXPORT int cudaGraphInstantiateWithFlags(void** exec, void* graph, unsigned long long) {
    RUNTIME("cudaGraphInstantiateWithFlags");
    return instantiate("cudaGraphInstantiateWithFlags", exec, graph);
}

EXPORT int cudaGraphGetNodes(void* handle, void**, size_t* nodes) {
    RUNTIME("cudaGraphGetNodes");
    auto* graph = live<Graph>(cuda().graphs, handle, "graph", "cudaGraphGetNodes");
    if (!graph) {
        return last(INVALID_VALUE);
    }
    *nodes = graph->work.size();
    return SUCCESS;
}

EXPORT int cudaGraphUpload(void* handle, void* streamHandle) {
    RUNTIME("cudaGraphUpload");
    auto* exec = live<GraphExec>(cuda().execs, handle, "executable graph", "cudaGraphUpload");
    return last(exec && streamOf(streamHandle, "cudaGraphUpload") ? SUCCESS : INVALID_VALUE);
}

EXPORT int cudaGraphLaunch(void* handle, void* streamHandle) {
    RUNTIME("cudaGraphLaunch");
    auto* exec = live<GraphExec>(cuda().execs, handle, "executable graph", "cudaGraphLaunch");
    Stream* stream = streamOf(streamHandle, "cudaGraphLaunch");
    if (!exec || !stream) {
        return last(exec ? INVALID_RESOURCE_HANDLE : INVALID_VALUE);
    }
    return last(issue(stream, [exec] {
        count("graphs.run");
        for (const Work& work : exec->work) {
            if (!deviceError()) {
                work();
            }
        }
    }));
}

EXPORT int cudaGraphDestroy(void* handle) {
    RUNTIME("cudaGraphDestroy");
    auto* graph = live<Graph>(cuda().graphs, handle, "graph", "cudaGraphDestroy");
    if (!graph) {
        return last(INVALID_VALUE);
    }
    graph->alive = false;
    graph->work.clear();
    count("live.graphs", -1);
    return SUCCESS;
}

EXPORT int cudaGraphExecDestroy(void* handle) {
    RUNTIME("cudaGraphExecDestroy");
    auto* exec = live<GraphExec>(cuda().execs, handle, "executable graph", "cudaGraphExecDestroy");
    if (!exec) {
        return last(INVALID_VALUE);
    }
    finishAll();
    exec->alive = false;
    exec->work.clear();
    count("live.graphExecs", -1);
    return SUCCESS;
}

// ---- events

static int createEvent(void** event, unsigned flags) {
    auto* created = born<Event>(cuda().events, "live.events");
    created->device = thread.device;
    created->timed = (flags & 2) == 0;
    *event = created;
    return SUCCESS;
}

EXPORT int cudaEventCreate(void** event) {
    RUNTIME("cudaEventCreate");
    return createEvent(event, 0);
}

EXPORT int cudaEventCreateWithFlags(void** event, unsigned flags) {
    RUNTIME("cudaEventCreateWithFlags");
    return createEvent(event, flags);
}

static int record(const char* function, void* handle, void* streamHandle, bool asNode) {
    Stream* stream = streamOf(streamHandle, function);
    auto* event = live<Event>(cuda().events, handle, "event", function);
    if (!stream || !event) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (event->device != stream->device) {
        violation("%s: event of device %d in a stream of device %d", function, event->device, stream->device);
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (stream->capture && !asNode) {
        event->capture = stream->capture;
        event->stream = stream;
        event->captured = stream->captured;
        return stream->capture->invalid ? last(CAPTURE_INVALIDATED) : SUCCESS;
    }
    event->capture = nullptr;
    if (stream->capture) {
        return last(issue(stream, [event] {
            event->recorded++;
            event->done = event->recorded;
            event->time = std::chrono::steady_clock::now();
        }));
    }
    event->stream = stream;
    int64_t mark = ++event->recorded;
    return last(issue(stream, [event, mark] {
        event->done = mark;
        event->time = std::chrono::steady_clock::now();
    }));
}

EXPORT int cudaEventRecord(void* event, void* stream) {
    RUNTIME("cudaEventRecord");
    return record("cudaEventRecord", event, stream, false);
}

EXPORT int cudaEventRecordWithFlags(void* event, void* stream, unsigned flags) {
    RUNTIME("cudaEventRecordWithFlags");
    return record("cudaEventRecordWithFlags", event, stream, flags == 1);
}

static int ask(const char* function, void* handle, bool* pending) {
    auto* event = live<Event>(cuda().events, handle, "event", function);
    if (!event) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (event->capture) {
        violation("%s of an event that was last recorded in a capture", function);
        return last(CAPTURED_EVENT);
    }
    *pending = event->done < event->recorded;
    complete(event, event->recorded, event->stream);
    return last(deviceError());
}

EXPORT int cudaEventQuery(void* event) {
    RUNTIME("cudaEventQuery");
    bool pending = false;
    REQUIRE(ask("cudaEventQuery", event, &pending));
    return pending ? NOT_READY : SUCCESS;
}

EXPORT int cudaEventSynchronize(void* event) {
    RUNTIME("cudaEventSynchronize");
    bool pending = false;
    return ask("cudaEventSynchronize", event, &pending);
}

EXPORT int cudaEventElapsedTime(float* milliseconds, void* from, void* to) {
    RUNTIME("cudaEventElapsedTime");
    auto* start = live<Event>(cuda().events, from, "event", "cudaEventElapsedTime");
    auto* end = live<Event>(cuda().events, to, "event", "cudaEventElapsedTime");
    if (!start || !end || !start->timed || !end->timed || !start->recorded || !end->recorded) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    if (start->done < start->recorded || end->done < end->recorded) {
        return last(NOT_READY);
    }
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return SUCCESS;
}

EXPORT int cudaEventDestroy(void* handle) {
    RUNTIME("cudaEventDestroy");
    auto* event = live<Event>(cuda().events, handle, "event", "cudaEventDestroy");
    if (!event) {
        return last(INVALID_RESOURCE_HANDLE);
    }
    event->alive = false;
    count("live.events", -1);
    return SUCCESS;
}
