package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.Pointer;

/**
 * An NVIDIA device that is none: libraries that stand in for CUDA and TensorRT on the CPU, so that tests run the module through the real
 * JavaCPP presets and prove order, ownership, counts and numbers. It proves nothing about a GPU, and nothing about speed.
 *
 * <p>It is strict. Work given to a stream runs no earlier than something waits for it; memory that was not written is NaN; what a caller
 * must not do (memory freed twice, copies out of bounds or from memory that is not page-locked, allocation while a graph is captured, ...)
 * returns CUDA's error and is counted as a violation. Tests that use it are tagged {@code emulated} and run in a process of their own.
 *
 * <p>Counters: {@code calls.<function>}, {@code kernels.<name>}, {@code graphs.run}, {@code h2d.copies}, {@code h2d.bytes} and the same for
 * {@code d2h} and {@code d2d}, {@code live.device}, {@code live.device.bytes}, {@code live.pinned}, {@code live.registered}, {@code
 * live.streams}, {@code live.events}, {@code live.graphs}, {@code live.graphExecs}, {@code live.modules}, {@code live.programs}.
 */
final class EmulatedDevice {
    private static boolean loaded;

    private EmulatedDevice() {}

    /** Loads it, before any class of the presets does; skips the test, with the reason, where it cannot be compiled. */
    static synchronized void load() {
        if (!loaded) {
            EmulatedLibraries.load();
            loaded = true;
        }
        reset();
    }

    /** Counts from 0 again, forgets violations, faults and settings, and leaves what is alive. */
    static void reset() {
        reset0(false);
    }

    /** Ends all that is alive as well, for tests that leave a broken device behind. */
    static void resetEverything() {
        reset0(true);
    }

    static long counter(String name) {
        return counter0(name);
    }

    /** All counters that are not 0. */
    static Map<String, Long> counters() {
        return counters0()
                .lines()
                .map(line -> line.split(" "))
                .collect(Collectors.toMap(c -> c[0], c -> Long.valueOf(c[1]), Long::sum, TreeMap::new));
    }

    /** What is alive, by kind; empty if nothing is. */
    static Map<String, Long> live() {
        Map<String, Long> live = counters();
        live.keySet().removeIf(name -> !name.startsWith("live."));
        return live;
    }

    /** What was done and must not be; the first of them, in words. */
    static List<String> violations() {
        return violations0().lines().toList();
    }

    static void forgetViolations() {
        forgetViolations0();
    }

    /** Fails the test if there was a violation. */
    static void assertNoViolations() {
        assertThat(violations()).as("violations of the emulated device").isEmpty();
    }

    /** Fails the test if anything is alive or there was a violation. */
    static void assertClean() {
        assertNoViolations();
        assertThat(live()).as("alive on the emulated device").isEmpty();
    }

    /**
     * Lets a call fail, without effect.
     *
     * @param function name in CUDA or TensorRT, e.g. {@code cudaMalloc}; {@code work} for something in a stream that fails when it runs
     * @param nth which call from now on, the next is 1
     * @param code what it returns; any but 0 where a function returns no code
     */
    static void fail(String function, int nth, int code) {
        fail0(function, nth, code);
    }

    static void devices(int count) {
        set0("devices", count);
    }

    static void computeCapability(int major, int minor) {
        set0("major", major);
        set0("minor", minor);
    }

    /** As CUDA numbers its versions, 13010 is 13.1. */
    static void driverVersion(int version) {
        set0("driver", version);
    }

    static void memory(long bytes) {
        set0("memory", bytes);
    }

    /** Runs work when it is issued, instead of when something waits for it. */
    static void eager(boolean eager) {
        set0("eager", eager ? 1 : 0);
    }

    /** Another setting, by the name it has in emulator.cpp; until the next reset. */
    static void set(String name, long value) {
        set0(name, value);
    }

    /** Calls a function without arguments of a C++ object, by its slot in the virtual table. */
    static void call(Pointer object, int slot) {
        call0(object.address(), slot);
    }

    private static native void call0(long object, int slot);

    private static native long counter0(String name);

    private static native String counters0();

    private static native String violations0();

    private static native void forgetViolations0();

    private static native void fail0(String function, long nth, int code);

    private static native void set0(String name, long value);

    private static native void reset0(boolean everything);
}
