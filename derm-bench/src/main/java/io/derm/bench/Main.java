package io.derm.bench;

import io.derm.bench.gate.Gate;
import java.util.Arrays;

/** Entry of the jar: {@code gate …} runs the latency gate, {@code pipeline …} times an exam beside its stages, anything else is for JMH. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("gate")) {
            System.exit(Gate.execute(Arrays.copyOfRange(args, 1, args.length)));
        }
        if (args.length > 0 && args[0].equals("pipeline")) {
            System.exit(PipelineRate.execute(Arrays.copyOfRange(args, 1, args.length)));
        }
        org.openjdk.jmh.Main.main(args);
    }
}
