package io.derm.trt;

import java.util.Arrays;

/** Runs another program on the emulated device. The system property {@code basedir} names the folder of derm-trt-runtime's sources. */
public final class EmulatedMain {
    private EmulatedMain() {}

    /**
     * Runs it.
     *
     * @param args the class to run and its arguments
     */
    public static void main(String[] args) throws Exception {
        EmulatedDevice.load();
        Class.forName(args[0]).getMethod("main", String[].class).invoke(null, (Object)
                Arrays.copyOfRange(args, 1, args.length));
    }
}
