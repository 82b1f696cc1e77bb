package io.derm.bench.gate;

import java.lang.management.ManagementFactory;

/** What a measurement ran on, and how busy that was before it. */
record Machine(String os, String architecture, int processors, String java, double load) {
    static Machine here() {
        return new Machine(
                System.getProperty("os.name", "?"),
                System.getProperty("os.arch", "?"),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.vm.version", "?"),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    /** Whether others had so much to do that latencies are to be doubted. */
    boolean busy() {
        return load > processors * 0.5;
    }

    String words() {
        return os + " " + architecture + ", " + processors + " processors, Java " + java + ", load average "
                + Words.number(load) + (busy() ? ": THE MACHINE IS BUSY, times say little" : "");
    }
}
