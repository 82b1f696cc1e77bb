package io.derm.bench.peers;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;

/**
 * A process with one peer, which does what it is asked through its standard input: nothing while others have their turn. What libraries print goes to
 * standard error.
 */
final class Turns {
    static final int ABOUT = 1;
    static final int ANSWERS = 2;
    static final int INPUT = 3;
    static final int EXAMS = 4;
    static final int STAGES = 5;

    // Held, as a logger that nobody holds forgets its level. DJL warns of every GPU that it does not find.
    private static final Logger DJL = Logger.getLogger("ai.djl");

    private Turns() {}

    public static void main(String[] args) throws Exception {
        FileOutputStream stdout = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err);
        DJL.setLevel(Level.SEVERE);
        Material material = new Material(
                Path.of(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]), Integer.parseInt(args[4]));
        Setting setting = new Setting(
                Integer.parseInt(args[5]),
                Boolean.parseBoolean(args[6]),
                Boolean.parseBoolean(args[7]),
                Boolean.parseBoolean(args[8]));
        try (Peer peer = Kind.valueOf(args[0]).open(material.detector(), material.classifier(), setting);
                DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
                DataOutputStream out = new DataOutputStream(new BufferedOutputStream(stdout))) {
            serve(peer, material.pictures(), in, out);
        }
    }

    private static void serve(Peer peer, List<Picture> pictures, DataInputStream in, DataOutputStream out)
            throws Exception {
        StageClock clock = new StageClock();
        for (int order = in.read(); order >= 0; order = in.read()) {
            switch (order) {
                case ABOUT -> out.writeUTF(peer.about());
                case ANSWERS -> {
                    for (List<Finding> findings : peer.video(pictures, nanos -> {})) {
                        write(findings, out);
                    }
                }
                case INPUT -> {
                    peer.stages(pictures.get(0), clock);
                    FloatBuffer input = peer.detectorInput();
                    out.writeInt(input.capacity());
                    for (int i = 0; i < input.capacity(); i++) {
                        out.writeFloat(input.get(i));
                    }
                }
                case EXAMS -> {
                    LongStream.Builder times = LongStream.builder();
                    peer.video(pictures, times);
                    for (long nanos : times.build().toArray()) {
                        out.writeLong(nanos);
                    }
                }
                case STAGES -> {
                    peer.exam(pictures.get(pictures.size() - 1), clock);
                    for (Picture picture : pictures) {
                        peer.stages(picture, clock);
                        for (Stage stage : Stage.values()) {
                            out.writeLong(clock.nanos(stage));
                        }
                    }
                }
                default -> throw new IOException("Order " + order + ", expected 1 to 5");
            }
            out.flush();
        }
    }

    private static void write(List<Finding> findings, DataOutputStream out) throws IOException {
        out.writeInt(findings.size());
        for (Finding f : findings) {
            for (float v : new float[] {
                f.left(), f.top(), f.right(), f.bottom(), f.score(), f.benign(), f.unknown(), f.melanoma()
            }) {
                out.writeFloat(v);
            }
        }
    }
}
