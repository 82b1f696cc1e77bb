package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.derm.api.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Mutated cfgs, weights and ONNX files: each is read or refused with a {@link ModelException}, in bounded time and memory. Few inputs of a
 * fixed seed by default; {@code derm.fuzz.inputs} gives the number for each kind, {@code derm.fuzz.seed} another seed. {@code
 * derm.fuzz.kind} and {@code derm.fuzz.from}, a kind and its first input, run one that failed by itself. See docs/darknet.md.
 */
class ParserFuzzTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"cfg", "weights", "onnx"})
    void mutatedInput_ofAnyKind_isReadOrRefused(String kind) throws Exception {
        assumeTrue(System.getProperty("derm.fuzz.kind", kind).equals(kind), "another kind was asked for");
        FuzzRun run = new FuzzRun(kind, new FuzzKinds(folder).kind(kind), Long.getLong("derm.fuzz.seed", 1));
        FuzzRun.Report report = run.run(Long.getLong("derm.fuzz.from", 0), Long.getLong("derm.fuzz.inputs", 2000));
        System.out.println(report);
        assertThat(report.problems().values())
                .as("%s", String.join("\n", report.problems().values()))
                .isEmpty();
        if (report.inputs() >= 1000) {
            assertThat(report.accepted()).as("%s", report).isGreaterThan(report.inputs() / 50);
            assertThat(report.refused()).as("%s", report).hasSizeGreaterThan(2);
        }
    }

    private static FuzzRun.Report harness(FuzzRun.Attempt attempt) throws Exception {
        FuzzRun.Kind kind = c -> attempt;
        return new FuzzRun("planted", kind, 1, 300_000_000L, 1_000_000_000L, 64 << 20).run(0, 3);
    }

    @Test
    void harness_ofAnInputReadOrRefusedInALine_findsNothing() throws Exception {
        assertThat(harness(() -> {})).returns(3L, FuzzRun.Report::accepted).returns(true, r -> r.problems()
                .isEmpty());
        assertThat(harness(() -> {
                    throw new ModelException(97, "a", "b");
                }))
                .returns(0L, FuzzRun.Report::accepted)
                .returns(3L, r -> r.refused().get("DERM-097"))
                .returns(true, r -> r.problems().isEmpty());
    }

    @Test
    void harness_ofACrash_namesTheInputAndTheStack() throws Exception {
        assertThat(harness(() -> {
                            throw new NullPointerException("planted");
                        })
                        .problems()
                        .values())
                .singleElement()
                .asString()
                .contains("input 0 of seed 1", "NullPointerException: planted");
        assertThat(harness(() -> deep(Integer.MAX_VALUE)).problems().keySet())
                .singleElement()
                .asString()
                .startsWith("java.lang.StackOverflowError");
    }

    private static int deep(int n) {
        return n == 0 ? 0 : 1 + deep(n - 1);
    }

    @Test
    void harness_ofAHang_endsAndShowsWhereItIs() throws Exception {
        assertThat(harness(() -> Thread.sleep(60_000)).problems())
                .hasEntrySatisfying("hang", s -> assertThat(s).contains("Thread.sleep"));
        long[] on = {1};
        assertThat(harness(() -> {
                            while (on[0] > 0) {
                                Thread.onSpinWait();
                            }
                        })
                        .problems())
                .containsKey("hang");
        on[0] = 0;
    }

    @Test
    void harness_ofALargeAllocation_findsItOnTheHeapAndOffIt() throws Exception {
        List<Object> kept = new ArrayList<>();
        assertThat(harness(() -> kept.add(new byte[65 << 20])).problems()).containsKey("large");
        kept.clear();
        assertThat(harness(() -> kept.add(java.nio.ByteBuffer.allocateDirect(65 << 20)))
                        .problems())
                .containsKey("large");
    }

    @Test
    void harness_ofAMessageWithoutEnd_complains() throws Exception {
        assertThat(harness(() -> {
                            throw new ModelException(97, "a".repeat(5000), "b");
                        })
                        .problems())
                .containsKey("message of DERM-097");
    }
}
