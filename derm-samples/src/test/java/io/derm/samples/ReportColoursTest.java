package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The report's colours as eyes without one kind of cones see them, and against their background. */
class ReportColoursTest {
    /** Machado, Oliveira and Fernandes 2009, severity 1: protanopia, deuteranopia, tritanopia, on linear RGB. */
    private static final double[][][] BLINDNESS = {
        {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
        {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
        {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
        {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}
    };

    @Test
    void classes_toEveryKindOfEye_areApart() throws Exception {
        for (String theme : themes()) {
            List<double[]> colours = List.of(rgb(theme, "benign"), rgb(theme, "unknown"), rgb(theme, "melanoma"));
            for (double[][] eye : BLINDNESS) {
                for (int i = 0; i < colours.size(); i++) {
                    for (int j = 0; j < i; j++) {
                        // 2.3 is just noticeable.
                        assertThat(distance(lab(seen(eye, colours.get(i))), lab(seen(eye, colours.get(j)))))
                                .isGreaterThan(25);
                    }
                }
            }
        }
    }

    @Test
    void classes_onTheirBackground_haveTheContrastOfGraphics() throws Exception {
        for (String theme : themes()) {
            double background = luminance(rgb(theme, "bg"));
            for (String name : List.of("benign", "unknown", "melanoma", "a", "b")) {
                // WCAG 2.2, 1.4.11.
                assertThat(contrast(luminance(rgb(theme, name)), background))
                        .as(name)
                        .isGreaterThan(3);
            }
            for (String name : List.of("fg", "quiet", "warn")) {
                // WCAG 2.2, 1.4.3.
                assertThat(contrast(luminance(rgb(theme, name)), background))
                        .as(name)
                        .isGreaterThan(4.5);
            }
        }
    }

    /** The definitions for light, dark and print. */
    private static List<String> themes() throws Exception {
        try (InputStream in = Objects.requireNonNull(HtmlReport.class.getResourceAsStream("report.css"))) {
            Matcher matcher =
                    Pattern.compile(":root \\{([^}]*)}").matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            List<String> themes = new ArrayList<>();
            while (matcher.find()) {
                themes.add(matcher.group(1));
            }
            assertThat(themes).hasSize(3);
            return themes;
        }
    }

    /** Linear red, green and blue from 0 to 1. */
    private static double[] rgb(String theme, String name) {
        Matcher matcher = Pattern.compile("--" + name + ": #([0-9a-f]{3}(?:[0-9a-f]{3})?);")
                .matcher(theme);
        assertThat(matcher.find()).as(name).isTrue();
        String hex = matcher.group(1);
        double[] rgb = new double[3];
        for (int i = 0; i < 3; i++) {
            String digits = hex.length() == 3 ? hex.substring(i, i + 1).repeat(2) : hex.substring(2 * i, 2 * i + 2);
            double v = Integer.parseInt(digits, 16) / 255.0;
            rgb[i] = v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
        }
        return rgb;
    }

    private static double[] seen(double[][] eye, double[] rgb) {
        double[] out = new double[3];
        for (int i = 0; i < 3; i++) {
            double v = eye[i][0] * rgb[0] + eye[i][1] * rgb[1] + eye[i][2] * rgb[2];
            out[i] = Math.max(0, Math.min(1, v));
        }
        return out;
    }

    private static double luminance(double[] rgb) {
        return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    }

    private static double contrast(double a, double b) {
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }

    /** CIE L*a*b* under D65. */
    private static double[] lab(double[] rgb) {
        double x = f((0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.9505);
        double y = f(luminance(rgb));
        double z = f((0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.089);
        return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
    }

    private static double f(double t) {
        return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16.0 / 116;
    }

    private static double distance(double[] a, double[] b) {
        return Math.sqrt(Math.pow(a[0] - b[0], 2) + Math.pow(a[1] - b[1], 2) + Math.pow(a[2] - b[2], 2));
    }
}
