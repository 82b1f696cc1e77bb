package io.derm.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import io.derm.bench.peers.Agreement.Disagreement;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The peers in one process, with derm's ONNX Runtime for DJL too, on frames of the bundled clip. */
class PeersTest {
    /** DJL insists on making ONNX Runtime's environment itself, with thread pools of its own; derm takes what there is. */
    @BeforeAll
    static void djlFirst() {
        Engine.getEngine("OnnxRuntime");
    }

    private static List<List<Finding>> answers(Kind kind, Material material, List<Picture> pictures, boolean batched)
            throws Exception {
        try (Peer peer = kind.open(material.detector(), material.classifier(), new Setting(1, false, false, batched))) {
            List<Long> times = new ArrayList<>();
            List<List<Finding>> answers = peer.video(pictures, times::add);
            assertThat(times).hasSameSizeAs(pictures).allMatch(nanos -> nanos > 0);
            return answers;
        }
    }

    @Test
    void peers_onFramesOfTheClip_agreeWithDerm() throws Exception {
        try (Material material = Material.write(2, 20)) {
            List<Picture> pictures = material.pictures();
            List<List<Finding>> derm = answers(Kind.DERM, material, pictures, true);
            for (Kind kind : List.of(Kind.ORT, Kind.DJL_NEW, Kind.OPENCV, Kind.DERM_LOOP, Kind.DERM_INT8)) {
                for (boolean batched : List.of(true, false)) {
                    Agreement agreement = Agreement.require(
                            kind.words(), kind.tolerance(), derm, answers(kind, material, pictures, batched));
                    assertThat(agreement.findings()).isGreaterThan(3);
                    if (kind == Kind.ORT) {
                        // Another temperature than the model's would hide within the tolerance.
                        assertThat(agreement.probability()).isLessThan(1e-3);
                    }
                }
            }
        }
    }

    @Test
    void peer_onAFrameMovedByFourPixels_disagrees() throws Exception {
        try (Material material = Material.write(1, 1)) {
            List<Picture> pictures = material.pictures();
            Picture picture = pictures.get(0);
            ByteBuffer moved = ByteBuffer.allocateDirect(picture.pixels().capacity());
            moved.put(12, picture.pixels(), 0, moved.capacity() - 12);
            List<List<Finding>> derm = answers(Kind.DERM, material, pictures, true);
            List<List<Finding>> other =
                    answers(Kind.ORT, material, List.of(new Picture(moved, picture.width(), picture.height())), true);

            assertThatThrownBy(() -> Agreement.require("peer", Agreement.Tolerance.SAME, derm, other))
                    .isInstanceOf(Disagreement.class);
        }
    }

    @Test
    void stages_ofAnExam_areWithinItAndNoneIsLeftOut() throws Exception {
        try (Material material = Material.write(1, 1)) {
            Picture picture = material.pictures().get(0);
            for (Kind kind : Kind.values()) {
                try (Peer peer =
                        kind.open(material.detector(), material.classifier(), new Setting(1, false, false, true))) {
                    StageClock clock = new StageClock();
                    peer.stages(picture, clock);
                    long start = System.nanoTime();
                    peer.stages(picture, clock);
                    long all = System.nanoTime() - start;
                    long sum = 0;
                    for (Stage stage : Stage.values()) {
                        assertThat(clock.nanos(stage)).as("%s %s", kind, stage).isPositive();
                        sum += clock.nanos(stage);
                    }
                    assertThat(sum).as("%s", kind).isBetween(all / 2, all);
                }
            }
        }
    }
}
