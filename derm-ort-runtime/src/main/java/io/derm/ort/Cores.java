package io.derm.ort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Counts processor cores, so that a run does not put two threads on one core. */
final class Cores {
    private Cores() {}

    /** Physical cores that this process may use; where they are not told apart, all processors. */
    static int physical() {
        int available = Runtime.getRuntime().availableProcessors();
        try {
            return physical(Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.ISO_8859_1), available);
        } catch (IOException e) {
            return available;
        }
    }

    /** As {@link #physical()} from the lines of Linux' cpuinfo. */
    static int physical(List<String> cpuinfo, int available) {
        Set<String> cores = new HashSet<>();
        String socket = "";
        for (String line : cpuinfo) {
            if (line.startsWith("physical id")) {
                socket = line;
            } else if (line.startsWith("core id")) {
                cores.add(socket + line);
            }
        }
        return cores.isEmpty() ? available : Math.min(cores.size(), available);
    }
}
