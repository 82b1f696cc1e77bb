package io.derm.samples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.derm.api.Box;
import io.derm.api.LesionClass;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.Sighting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes {@code findings.jsonl}: a line of JSON for each frame with lesions. Every line is on its way to the disk before the
 * next frame; where the disk is full the line that did not fit is taken back, so that all lines can be read.
 */
final class FindingsWriter implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(4096);
    private final JsonFactory json = new JsonFactory();
    private long end;

    FindingsWriter(Path file) {
        this.file = file;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw Outputs.failed(file, e);
        }
    }

    void write(FrameFindings findings) {
        if (findings.sightings().isEmpty()) {
            return;
        }
        try {
            line.reset();
            try (JsonGenerator g = json.createGenerator(line)) {
                g.writeStartObject();
                g.writeNumberField("frame", findings.frame().sequence());
                number(g, "time", findings.frame().timestampMicros() / 1e6, 1e6);
                g.writeArrayFieldStart("lesions");
                for (Sighting sighting : findings.sightings()) {
                    lesion(g, sighting);
                }
                g.writeEndArray();
                g.writeEndObject();
            }
            line.write('\n');
            append(ByteBuffer.wrap(line.toByteArray()));
        } catch (IOException e) {
            throw Outputs.failed(file, e);
        }
    }

    private static void lesion(JsonGenerator g, Sighting sighting) throws IOException {
        g.writeStartObject();
        g.writeNumberField("id", sighting.lesion());
        g.writeFieldName("box");
        box(g, sighting.detection().box());
        number(g, "score", sighting.detection().score(), 1e4);
        g.writeBooleanField("confirmed", sighting.confirmed());
        g.writeBooleanField("assessed", sighting.assessed());
        g.writeStringField("class", sighting.assessment().lesionClass().name());
        number(g, "noLesion", sighting.assessment().noLesion(), 1e4);
        g.writeObjectFieldStart("probabilities");
        for (LesionClass c : LesionClass.values()) {
            number(g, c.name(), sighting.assessment().probability(c), 1e4);
        }
        g.writeEndObject();
        g.writeEndObject();
    }

    /** Left, top, width, height in pixels, to a hundredth. */
    static void box(JsonGenerator g, Box box) throws IOException {
        g.writeStartArray();
        for (float v : new float[] {box.left(), box.top(), box.width(), box.height()}) {
            g.writeNumber(Math.round(v * 100) / 100.0);
        }
        g.writeEndArray();
    }

    static void number(JsonGenerator g, String name, double value, double per) throws IOException {
        g.writeNumberField(name, Math.round(value * per) / per);
    }

    private void append(ByteBuffer bytes) throws IOException {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes, end + bytes.position());
            }
            end += bytes.limit();
        } catch (IOException e) {
            try {
                channel.truncate(end);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw Outputs.failed(file, e);
        }
    }
}
