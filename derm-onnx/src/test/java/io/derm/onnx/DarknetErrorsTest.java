package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DarknetErrorsTest {
    private static final String CFG = """
            [net]
            width=32
            height=32
            channels=3
            [convolutional]
            batch_normalize=1
            filters=4
            size=3
            stride=2
            pad=1
            activation=leaky
            [convolutional]
            filters=18
            size=1
            stride=1
            activation=linear
            [yolo]
            mask=0,1,2
            anchors=4,5, 8,9, 16,17
            num=3
            classes=1
            """;
    /** 20 of the header, 4 * (4 * 4 + 108) and 4 * (18 + 72). */
    private static final int BYTES = 20 + 496 + 360;

    @TempDir
    Path folder;

    private Path cfg;
    private Path weights;
    private byte[] good;

    @BeforeEach
    void writeGoodFiles() throws IOException {
        cfg = Files.writeString(folder.resolve("a.cfg"), CFG);
        good = SeededNetwork.weights(DarknetPlan.of(DarknetCfg.parse("a.cfg", CFG)));
        weights = Files.write(folder.resolve("a.weights"), good);
        assertThat(good).hasSize(BYTES);
    }

    private OnnxModel run() {
        return DarknetImporter.create().importModel(cfg, weights);
    }

    private void refused(String id, String... parts) {
        assertThatThrownBy(this::run)
                .isInstanceOfSatisfying(
                        ModelException.class,
                        e -> assertThat(e.id()).as(e.getMessage()).isEqualTo(id))
                .hasMessageContainingAll(parts);
    }

    @Test
    void weights_tooShort_nameTheBytesAndTheFirstLayer() throws IOException {
        Files.write(weights, Arrays.copyOf(good, 600));
        refused(
                "DERM-090",
                "a.weights have 600 bytes, expected 876 bytes for a.cfg: layer 1 ([convolutional] of line 12), bytes 516 to 876,"
                        + " is the first that does not fit");
    }

    @Test
    void weights_tooLong_nameTheBytesLeft() throws IOException {
        Files.write(weights, Arrays.copyOf(good, 900));
        refused("DERM-091", "have 900 bytes, expected 876 bytes for a.cfg: 24 bytes are left after layer 1");
    }

    @Test
    void weights_empty_areTooShort() throws IOException {
        Files.write(weights, new byte[0]);
        refused("DERM-090", "have 0 bytes, expected 876 bytes", "the header");
    }

    @Test
    void weights_thatAreMissing_areNamed() throws IOException {
        Files.delete(weights);
        refused("DERM-087", "a.weights do not exist");
    }

    @Test
    void weights_asLfsPointer_sayHowToFetchThem() throws IOException {
        Files.writeString(weights, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 876\n");
        refused("DERM-088", "Git LFS pointer of 66 bytes, expected 876 bytes", "git lfs pull");
    }

    @Test
    void weights_reEncodedAsText_areRefusedAsText() throws IOException {
        Files.write(weights, Base64.getMimeEncoder().encode(good));
        refused("DERM-089", "printable", "expected 876 bytes");
        Files.write(weights, new String(good, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.UTF_8));
        refused("DERM-089", "valid UTF-8");
        Files.write(weights, new String(good, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8));
        refused("DERM-089", "valid UTF-8");
    }

    @Test
    void weights_withLineEndsChanged_areRefusedAsText() throws IOException {
        byte[] feeds = new byte[64];
        Arrays.fill(feeds, (byte) '\n');
        System.arraycopy(feeds, 0, good, 36, 64);
        Files.write(
                weights,
                new String(good, StandardCharsets.ISO_8859_1)
                        .replace("\n", "\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        refused("DERM-089", "every line feed follows a carriage return");
    }

    @Test
    void weights_ofAnotherCfgOfTheSameLength_nameTheFirstLayerThatDoesNotFit() throws IOException {
        // variances of layer 0 stand at 20 + 12 * 4; -1 there is what a shifted file has
        ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).putFloat(68, -1f);
        Files.write(weights, good);
        refused(
                "DERM-092",
                "of 876 bytes are not of this cfg, expected 876 bytes for a.cfg: layer 0 ([convolutional] of line 5), bytes 20 to"
                        + " 516, is the first that does not fit, with a variance of -1.0 at byte 68");
    }

    @Test
    void weights_withAnImpossibleVersion_areRefused() throws IOException {
        ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 0x12345678);
        Files.write(weights, good);
        refused("DERM-092", "version 305419896.2");
    }

    @Test
    void weights_ofTheOldVersion_haveAShorterHeader() throws IOException {
        byte[] old = new byte[BYTES - 4];
        System.arraycopy(good, 20, old, 16, BYTES - 20);
        ByteBuffer.wrap(old).order(ByteOrder.LITTLE_ENDIAN).putInt(4, 1);
        OnnxModel expected = run();
        Files.write(weights, old);
        assertThat(run().proto()).isEqualTo(expected.proto());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[yolo]|[region]|DERM-082|[region] in line 17",
                "stride=2|stride=2%nstrid=3|DERM-083|strid in line 10",
                "width=32|widht=32|DERM-083|widht in line 2",
                "stride=2|stride=0|DERM-084|line 9: stride=0, expected 1 to 255",
                "stride=2|stride=two|DERM-084|line 9: stride=two, expected a whole number",
                "activation=leaky|activation=gelu|DERM-084|line 11: activation=gelu",
                "filters=4|filters=4%nxnor=1|DERM-084|line 8: xnor=1, expected 0",
                "filters=18|filters=18%nshare_index=0|DERM-084|line 14: share_index=0",
                "width=32|width=99999999999|DERM-084|line 2: width",
                "[yolo]|[shortcut]%nfrom=-7%n[yolo]|DERM-084|line 18: from=-7, expected layers before layer 2",
                "[yolo]|[shortcut]%nfrom=0%n[shortcut]%nfrom=-3%n[sam]%nfrom=0%n[yolo]|DERM-085|layer 4 ([sam] of line 21)",
                "filters=18|filters=17|DERM-086|takes 17 channels, expected 18",
                "mask=0,1,2|mask=0,1,3|DERM-084|line 18: mask=0,1,3",
                "[net]|[nett]|DERM-081|Line 1 of darknet cfg a.cfg is '[nett]'",
                "pad=1|pad|DERM-081|Line 10 of darknet cfg a.cfg is 'pad', expected an option",
                "channels=3|channels=1|DERM-084|line 4: channels=1, expected 3"
            })
    void cfg_withSomethingWrong_isRefusedByLine(String from, String to, String id, String message) throws IOException {
        Files.writeString(cfg, CFG.replaceFirst(java.util.regex.Pattern.quote(from), to.replace("%n", "\n")));
        refused(id, message);
    }

    @Test
    void unknownOption_whenIgnored_changesNothing() throws IOException {
        OnnxModel expected = run();
        Files.writeString(cfg, CFG.replace("stride=2", "stride=2\nnew_fangled=3"));
        OnnxModel model = DarknetImporter.create().ignoringUnknownOptions(true).importModel(cfg, weights);
        assertThat(model.proto()).isEqualTo(expected.proto());
    }

    @Test
    void names_ofAnotherNumber_areRefused() throws IOException {
        Path names = Files.writeString(folder.resolve("a.names"), "lesion\nhair\n");
        assertThatThrownBy(() -> DarknetImporter.create().withNames(names).importModel(cfg, weights))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("[DERM-093] Names file a.names has 2 names, expected 1 names");
    }

    @Test
    void metadata_ofAnImport_saysWhatTheCfgSays() throws IOException {
        Path names = Files.writeString(folder.resolve("a.names"), "lesion\r\n\r\n");
        Files.writeString(
                cfg,
                CFG.replace("classes=1", "classes=1\r\nscale_x_y=1.05\nnms_kind=diounms\nbeta_nms=0.8")
                        .replace("channels=3", "channels=3\nletter_box=1"));
        OnnxModel model = DarknetImporter.create().withNames(names).importModel(cfg, weights);
        assertThat(model.metadata())
                .containsEntry(ModelKeys.TASK, "detect")
                .containsEntry(ModelKeys.DECODER, "darknet")
                .containsEntry(ModelKeys.LABELS, "lesion")
                .containsEntry(ModelKeys.ANCHORS, "4,5 8,9 16,17")
                .containsEntry(ModelKeys.MASKS, "0,1,2")
                .containsEntry(ModelKeys.SCALE_X_Y, "1.05")
                .containsEntry(ModelKeys.NEW_COORDS, "0")
                .containsEntry(ModelKeys.NMS, "diou")
                .containsEntry(ModelKeys.BETA_NMS, "0.8")
                .containsEntry(ModelKeys.INPUT_FIT, "letterbox")
                .containsEntry(ModelKeys.INPUT_STD, "255,255,255");
        Files.writeString(cfg, CFG.replace("classes=1", "classes=1\nnms_kind=greedynms\nbeta_nms=0.9"));
        assertThat(run().metadata())
                .as("greedynms has its exponent built in")
                .containsEntry(ModelKeys.NMS, "diou")
                .containsEntry(ModelKeys.BETA_NMS, "0.6")
                .containsEntry(ModelKeys.INPUT_FIT, "stretch");
        Files.writeString(cfg, CFG);
        assertThat(run().metadata()).containsEntry(ModelKeys.NMS, "greedy").doesNotContainKey(ModelKeys.BETA_NMS);
    }

    @Test
    @Timeout(10)
    void listOfCommasAndAComment_withoutAnEnd_takeNoTimeToSpeakOf() throws IOException {
        Files.writeString(cfg, CFG.replace("mask=0,1,2", "mask=" + ",".repeat(900_000) + "1"));
        refused("DERM-084", "mask=,,,", "at most 4096 numbers");
        Files.writeString(cfg, CFG.replace("[net]", "a" + "#".repeat(900_000) + "\u2028x\n[net]"));
        refused("DERM-081", "Line 1 of darknet cfg a.cfg is 'a'");
    }

    @Test
    void route_ofMoreLayersThanChannelsCanBeCounted_isRefused() throws IOException {
        // 65,536 channels 65,536 times are none in 32 bits
        Files.writeString(
                cfg,
                CFG.replace("filters=4", "filters=65536")
                        .replace("[yolo]", "[route]\nlayers=" + "0,".repeat(65_536) + "\n[yolo]"));
        refused("DERM-084", "layers=0,0,", "at most 4096 numbers");
    }

    @Test
    void message_aboutSomethingLongOrUnprintable_isOneShortLine() throws IOException {
        Files.writeString(cfg, CFG.replace("stride=2", "stride=\0\u001b\u009b\u2028" + "x".repeat(100_000)));
        assertThatThrownBy(this::run).isInstanceOfSatisfying(ModelException.class, e -> assertThat(e.getMessage())
                .matches("[^\\p{Cc}\u2028]*")
                .contains("stride=??? xxx", "x…, expected a whole number")
                .hasSizeLessThan(300));
        Files.writeString(cfg, CFG.replace("[yolo]", "[" + "y".repeat(100_000) + "]"));
        refused("DERM-082", "[yyy", "y…] in line 17");
        Files.writeString(cfg, CFG.replace("stride=2", "s".repeat(100_000) + "=2"));
        refused("DERM-083", "sss", "s… in line 9");
    }

    @Test
    void names_byTheMillion_areCountedAndNotKept() throws IOException {
        Path names = Files.writeString(folder.resolve("a.names"), "a\n".repeat(2_000_000));
        assertThatThrownBy(() -> DarknetImporter.create().withNames(names).importModel(cfg, weights))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("[DERM-093] Names file a.names has 2000000 names, expected 1 names");
    }
}
