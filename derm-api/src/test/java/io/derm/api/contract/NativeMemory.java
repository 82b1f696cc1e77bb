package io.derm.api.contract;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Resident memory of this process outside the Java heap: what native code, direct buffers and the virtual machine hold. The heap is
 * left out by its addresses, because the collector touches as much of it as it likes: its size as the virtual machine tells it is
 * what is set aside, not what is resident.
 */
public final class NativeMemory {
    private static final Path MAPPINGS = Path.of("/proc/self/smaps");
    private static final Pattern RANGE = Pattern.compile("^([0-9a-f]+)-[0-9a-f]+ .*");
    private static final Pattern ADDRESS = Pattern.compile("0x[0-9a-f]{8,16}");

    private NativeMemory() {}

    /**
     * The bytes resident now, after a garbage collection that frees the direct buffers that nobody holds; empty where the system has
     * no {@code /proc/self/smaps}.
     *
     * @throws IOException if it is there and cannot be read
     * @throws InterruptedException if interrupted while the buffers are freed
     */
    public static OptionalLong residentBytes() throws IOException, InterruptedException {
        if (!Files.isReadable(MAPPINGS)) {
            return OptionalLong.empty();
        }
        System.gc();
        // Buffers are freed by a thread of their own.
        Thread.sleep(200);
        long[] heap = heap();
        long kib = 0;
        boolean outside = true;
        for (String line : Files.readAllLines(MAPPINGS)) {
            var range = RANGE.matcher(line);
            if (range.matches()) {
                long from = Long.parseUnsignedLong(range.group(1), 16);
                outside = from < heap[0] || from >= heap[1];
            } else if (outside && line.startsWith("Rss:")) {
                kib += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return OptionalLong.of(1024 * kib);
    }

    /** The first address of the heap and the one after its last, as the virtual machine's command GC.heap_info names them. */
    private static long[] heap() {
        String info;
        try {
            info = (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcHeapInfo", null, null);
        } catch (JMException e) {
            throw new IllegalStateException("This virtual machine does not tell where its heap is", e);
        }
        List<String> found =
                ADDRESS.matcher(info).results().map(MatchResult::group).toList();
        long[] addresses = found.stream().mapToLong(Long::decode).sorted().toArray();
        if (addresses.length < 2) {
            throw new IllegalStateException("No heap addresses in: " + info);
        }
        return new long[] {addresses[0], addresses[addresses.length - 1]};
    }
}
