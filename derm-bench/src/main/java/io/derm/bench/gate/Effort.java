package io.derm.bench.gate;

/**
 * How long a gate measures.
 *
 * @param forks fresh processes; twice as many are added where a limit stays undecided
 * @param blocks groups of calls in each, of which each gives a ratio
 * @param calls calls in a block, each beside one of the yardstick
 * @param warmupMillis time in each process before the first block
 */
record Effort(int forks, int blocks, int calls, int warmupMillis) {
    Effort {
        if (forks < Interval.FEWEST_FORKS || blocks < 1 || calls < 1 || warmupMillis < 0) {
            throw new IllegalArgumentException(forks + " forks, " + blocks + " blocks of " + calls + " calls, expected "
                    + Interval.FEWEST_FORKS + " or more forks and a block and a call at least");
        }
    }
}
