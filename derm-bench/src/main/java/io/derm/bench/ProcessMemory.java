package io.derm.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What this process holds and has allocated at one time. Immutable.
 *
 * @param residentBytes resident memory; empty where there is no {@code /proc}
 * @param peakBytes the most of it so far; empty likewise
 * @param allocated heap bytes that each thread has allocated so far, by its number
 */
record ProcessMemory(OptionalLong residentBytes, OptionalLong peakBytes, Map<Long, Long> allocated) {
    ProcessMemory {
        allocated = Map.copyOf(allocated);
    }

    static ProcessMemory now() {
        Map<Long, Long> allocated = new HashMap<>();
        if (ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads
                && threads.isThreadAllocatedMemorySupported()) {
            long[] ids = threads.getAllThreadIds();
            long[] bytes = threads.getThreadAllocatedBytes(ids);
            for (int i = 0; i < ids.length; i++) {
                // -1 for a thread that ended in between.
                if (bytes[i] >= 0) {
                    allocated.put(ids[i], bytes[i]);
                }
            }
        }
        return new ProcessMemory(status("VmRSS:"), status("VmHWM:"), allocated);
    }

    /** Heap bytes that the threads which are there now have allocated since an earlier time. */
    long allocatedSince(ProcessMemory before) {
        long sum = 0;
        for (Map.Entry<Long, Long> thread : allocated.entrySet()) {
            sum += thread.getValue() - before.allocated.getOrDefault(thread.getKey(), 0L);
        }
        return sum;
    }

    private static OptionalLong status(String name) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith(name)) {
                    return OptionalLong.of(1024 * Long.parseLong(line.replaceAll("\\D", "")));
                }
            }
        } catch (IOException e) {
            // No Linux: nothing to tell.
        }
        return OptionalLong.empty();
    }
}
