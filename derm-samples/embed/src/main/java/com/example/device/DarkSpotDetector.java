package com.example.device;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds spots that are darker than the skin around them, without a neural network: stands for a third party's detector. Confined.
 *
 * <p>The picture is averaged to cells, 160 in a row; a cell is dark where it has less than {@value #DARKER} of the mean luma around it.
 * Dark cells that touch are a spot; its score is how much darker than its surroundings it is.
 */
public final class DarkSpotDetector implements Detector {
    private static final int COLUMNS = 160;
    private static final double DARKER = 0.85;
    private static final int FEWEST_CELLS = 6;
    /** What identifies this detector in reports, in place of a network's file: its settings. */
    private static final Model SETTINGS =
            Model.of("dark-spots-1", "columns=160 darker=0.85 cells=6".getBytes(StandardCharsets.US_ASCII));

    private volatile boolean closed;

    @Override
    public List<Detection> detect(Frame frame) {
        if (closed) {
            throw new IllegalStateException("Detector is closed");
        }
        int size = Math.max(1, frame.width() / COLUMNS);
        int columns = Math.max(1, frame.width() / size);
        int rows = Math.max(1, frame.height() / size);
        double[] luma = cells(frame, size, columns, rows);
        double[] around = means(luma, columns, rows, Math.max(2, columns / 8));
        boolean[] dark = new boolean[luma.length];
        for (int i = 0; i < luma.length; i++) {
            dark[i] = luma[i] < DARKER * around[i];
        }
        List<Detection> spots = new ArrayList<>();
        for (int i = 0; i < dark.length; i++) {
            if (dark[i]) {
                spot(dark, luma, around, i, columns, size, frame.bounds(), spots);
            }
        }
        spots.sort(Comparator.comparingDouble(Detection::score).reversed());
        return spots;
    }

    private static double[] cells(Frame frame, int size, int columns, int rows) {
        ByteBuffer pixels = frame.pixels();
        double[] cells = new double[columns * rows];
        for (int y = 0; y < rows * size; y++) {
            for (int x = 0; x < columns * size; x++) {
                int at = y * frame.stride() + (frame.format() == PixelFormat.NV12 ? x : 3 * x);
                double luma = pixels.get(at) & 0xFF;
                if (frame.format() == PixelFormat.BGR24) {
                    luma = 0.0722 * luma + 0.7152 * (pixels.get(at + 1) & 0xFF) + 0.2126 * (pixels.get(at + 2) & 0xFF);
                }
                cells[y / size * columns + x / size] += luma / (size * size);
            }
        }
        return cells;
    }

    /** The mean of the square around each cell, by sums of all cells above and to the left. */
    private static double[] means(double[] cells, int columns, int rows, int radius) {
        double[] sums = new double[(columns + 1) * (rows + 1)];
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < columns; x++) {
                int at = (y + 1) * (columns + 1) + x + 1;
                sums[at] = cells[y * columns + x] + sums[at - 1] + sums[at - columns - 1] - sums[at - columns - 2];
            }
        }
        double[] means = new double[cells.length];
        for (int y = 0; y < rows; y++) {
            int top = Math.max(0, y - radius) * (columns + 1);
            int bottom = Math.min(rows, y + radius + 1) * (columns + 1);
            for (int x = 0; x < columns; x++) {
                int left = Math.max(0, x - radius);
                int right = Math.min(columns, x + radius + 1);
                double sum = sums[bottom + right] - sums[bottom + left] - sums[top + right] + sums[top + left];
                means[y * columns + x] = sum * (columns + 1) / ((double) (bottom - top) * (right - left));
            }
        }
        return means;
    }

    /** The spot that a cell belongs to, taken out of the dark cells. */
    private static void spot(
            boolean[] dark,
            double[] luma,
            double[] around,
            int first,
            int columns,
            int size,
            Box bounds,
            List<Detection> spots) {
        ArrayDeque<Integer> open = new ArrayDeque<>(List.of(first));
        dark[first] = false;
        int count = 0;
        double darkness = 0;
        int left = columns;
        int right = 0;
        int top = dark.length;
        int bottom = 0;
        while (!open.isEmpty()) {
            int i = open.pop();
            int x = i % columns;
            int y = i / columns;
            count++;
            darkness += 1 - luma[i] / around[i];
            left = Math.min(left, x);
            right = Math.max(right, x + 1);
            top = Math.min(top, y);
            bottom = Math.max(bottom, y + 1);
            for (int next : new int[] {x > 0 ? i - 1 : i, x + 1 < columns ? i + 1 : i, i - columns, i + columns}) {
                if (next >= 0 && next < dark.length && dark[next]) {
                    dark[next] = false;
                    open.push(next);
                }
            }
        }
        if (count >= FEWEST_CELLS) {
            Box box = new Box(left * size, top * size, right * size, bottom * size).clip(bounds);
            spots.add(new Detection(box, (float) (darkness / count), 0, "dark spot"));
        }
    }

    @Override
    public Model model() {
        return SETTINGS;
    }

    @Override
    public void close() {
        closed = true;
    }
}
