package io.derm.effnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.LabelMap;
import io.derm.api.LesionClass;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelMapsTest {
    @TempDir
    Path folder;

    @Test
    void presets_areThoseDocumented() {
        assertThat(LabelMaps.presets()).containsExactly("derm", "benign-malignant", "siim4", "isic2019", "isic2020");
        assertThat(LabelMaps.preset("isic2018")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"isic2019", "isic2020"})
    void presets_ofNineClasses_countCancersAndPrecursorsAsUnknown(String name) {
        LabelMap map = LabelMaps.preset(name).orElseThrow();
        assertThat(map.size()).isEqualTo(9);
        for (String label : List.of("AK", "BCC", "SCC")) {
            assertThat(map.classes().get(map.labels().indexOf(label))).isEqualTo(LesionClass.UNKNOWN);
        }
        for (String label : List.of("BKL", "DF", "VASC")) {
            assertThat(map.classes().get(map.labels().indexOf(label))).isEqualTo(LesionClass.BENIGN);
        }
        assertThat(map.classes()).containsOnlyOnce(LesionClass.MELANOMA);
    }

    @Test
    void file_withCommentsTabsAndSpaces_isRead() throws IOException {
        Path file = write(
                "\uFEFF# my classes\n\nnaevus = benign\r\nBasal cell carcinoma\tUNKNOWN\n  melanoma=Melanoma  \n");
        assertThat(LabelMaps.read(file))
                .isEqualTo(new LabelMap(
                        List.of("naevus", "Basal cell carcinoma", "melanoma"),
                        List.of(LesionClass.BENIGN, LesionClass.UNKNOWN, LesionClass.MELANOMA)));
    }

    @Test
    void file_withABadLine_namesFileAndLine() throws IOException {
        Path file = write("nevus=BENIGN\n# and\nmelanoma=BAD\n");
        assertMessage(
                file,
                "[DERM-062] Line " + file
                        + ":3 is 'melanoma=BAD', expected label=BENIGN, label=UNKNOWN, label=MELANOMA or label=NO_LESION. Remedy: Mend the line.");
        assertMessage(
                write("nevus\n"),
                "[DERM-062] Line " + file
                        + ":1 is 'nevus', expected label=BENIGN, label=UNKNOWN, label=MELANOMA or label=NO_LESION. Remedy: Mend the line.");
        assertMessage(
                write("=BENIGN\n"),
                "[DERM-062] Line " + file
                        + ":1 is '=BENIGN', expected label=BENIGN, label=UNKNOWN, label=MELANOMA or label=NO_LESION. Remedy: Mend the line.");
    }

    @Test
    void file_withALabelTwice_namesFileAndLine() throws IOException {
        Path file = write("nevus=BENIGN\nmelanoma=MELANOMA\nnevus=UNKNOWN\n");
        assertMessage(
                file,
                "[DERM-062] Line " + file
                        + ":3 names 'nevus' a second time, expected each label once. Remedy: Mend the line.");
    }

    @Test
    void file_thatIsNotThereEmptyOrNotText_saysSo() throws IOException {
        Path missing = folder.resolve("missing.txt");
        assertMessage(
                missing,
                "[DERM-063] Label file " + missing + " does not exist. Remedy: Give a text file of label=CLASS lines.");
        Path file = write("# nothing\n");
        assertMessage(
                file,
                "[DERM-063] Label file " + file + " has no labels. Remedy: Give a text file of label=CLASS lines.");
        Files.write(file, new byte[] {'a', (byte) 0xc3, '=', 'B'});
        assertMessage(
                file,
                "[DERM-063] Label file " + file
                        + " is not text in UTF-8. Remedy: Give a text file of label=CLASS lines.");
        assertThatThrownBy(() -> LabelMaps.read(folder))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("DERM-063");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AK",
                "ak",
                "akiec",
                "AK/IEC",
                "Actinic keratosis",
                "actinic_keratoses",
                "BCC",
                "Basal Cell Carcinoma",
                "basalCellCarcinoma",
                "SCC",
                "squamous-cell carcinoma",
                "Bowen's disease",
                "intraepithelial carcinoma",
                "mel",
                "melanoma",
                "nodular melanoma",
                "malignant",
                "Merkel cell carcinoma",
                "non-melanoma skin cancer",
                "lentigo maligna"
            })
    void malignancy_asBenign_isRefusedWhoeverWritesTheMap(String label) throws IOException {
        Path file = write("nevus=BENIGN\n" + label + "=BENIGN\n");
        assertMessage(
                file,
                "[DERM-064] Label '" + label + "' counts as BENIGN in " + file
                        + ":2, expected UNKNOWN or MELANOMA: it is a malignancy or its precursor. Remedy: Map it to UNKNOWN, or to"
                        + " MELANOMA if it is one.");
        LabelMap map = new LabelMap(List.of("nevus", label), List.of(LesionClass.BENIGN, LesionClass.BENIGN));
        assertThatThrownBy(() -> Fixtures.classifier(
                        Map.of(), EffnetOptions.defaults().withLabels(map), Fixtures.scores("s", 1, 2)))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith(
                        "[DERM-064] Label '" + label + "' counts as BENIGN in the labels given for model.onnx,");
        assertThatThrownBy(() -> Fixtures.classifier(
                        Map.of(ModelKeys.CLASSES, "nevus=BENIGN," + label + "=BENIGN"),
                        EffnetOptions.defaults(),
                        Fixtures.scores("s", 1, 2)))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith(
                        "[DERM-064] Label '" + label + "' counts as BENIGN in derm.classes of model.onnx,");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nevus",
                "NV",
                "BKL",
                "benign keratosis",
                "seborrheic keratosis",
                "DF",
                "VASC",
                "benign",
                "non-melanoma",
                "not malignant",
                "no cancer",
                "melanocytic nevus",
                "normal skin"
            })
    void harmlessClass_asBenign_isTaken(String label) throws IOException {
        assertThat(LabelMaps.read(write(label + "=BENIGN\n")).classes()).containsExactly(LesionClass.BENIGN);
    }

    @Test
    void noLesion_countsAsUnknownAndIsNamed() throws IOException {
        LabelMap map = LabelMaps.read(write("nevus=BENIGN\nhair or ruler=no_lesion\nmelanoma=MELANOMA\n"));
        assertThat(map.classes()).containsExactly(LesionClass.BENIGN, LesionClass.UNKNOWN, LesionClass.MELANOMA);
        assertThat(map.noLesion()).containsExactly("hair or ruler");
        assertThat(LabelMap.parse("nevus=BENIGN,hair or ruler=NO_LESION,melanoma=MELANOMA"))
                .isEqualTo(map);
    }

    @Test
    void malignancy_asNoLesion_isRefused() throws IOException {
        Path file = write("nevus=BENIGN\nBCC=NO_LESION\n");
        assertMessage(
                file,
                "[DERM-064] Label 'BCC' counts as NO_LESION in " + file
                        + ":2, expected UNKNOWN or MELANOMA: it is a malignancy or its precursor. Remedy: Map it to UNKNOWN, or to"
                        + " MELANOMA if it is one.");
        assertThatThrownBy(() -> Fixtures.classifier(
                        Map.of(ModelKeys.CLASSES, "nevus=BENIGN,melanoma=NO_LESION"),
                        EffnetOptions.defaults(),
                        Fixtures.scores("s", 1, 2)))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith(
                        "[DERM-064] Label 'melanoma' counts as NO_LESION in derm.classes of model.onnx,");
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("labels.txt"), text);
    }

    private static void assertMessage(Path file, String message) {
        assertThatThrownBy(() -> LabelMaps.read(file))
                .isInstanceOf(ModelException.class)
                .hasMessage(message);
    }
}
