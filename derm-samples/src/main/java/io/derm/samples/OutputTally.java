package io.derm.samples;

/** Gathers how far two outputs that belong together are apart. Confined. */
final class OutputTally {
    private final String nameA;
    private final String nameB;
    private long compared;
    private long nonFiniteA;
    private long nonFiniteB;
    private long unlike;
    private double maxAbsolute;
    private double largest;
    private double sumAbsolute;
    private double squaresOfError;
    private double squaresOfA;
    private double squaresOfB;
    private double products;

    OutputTally(String nameA, String nameB) {
        this.nameA = nameA;
        this.nameB = nameB;
    }

    /** Adds what one image gave, of the same shape. */
    void add(RawOutput outputA, RawOutput outputB) {
        for (int i = 0; i < outputA.elements(); i++) {
            double a = outputA.get(i);
            double b = outputB.get(i);
            if (Double.isFinite(a) && Double.isFinite(b)) {
                double error = Math.abs(b - a);
                compared++;
                maxAbsolute = Math.max(maxAbsolute, error);
                largest = Math.max(largest, Math.abs(a));
                sumAbsolute += error;
                squaresOfError += error * error;
                squaresOfA += a * a;
                squaresOfB += b * b;
                products += a * b;
            } else {
                nonFiniteA += Double.isFinite(a) ? 0 : 1;
                nonFiniteB += Double.isFinite(b) ? 0 : 1;
                unlike += Double.compare(a, b) == 0 ? 0 : 1;
            }
        }
    }

    OutputDifference result() {
        double mean = compared == 0 ? 0 : sumAbsolute / compared;
        return new OutputDifference(
                nameA,
                nameB,
                compared,
                maxAbsolute,
                mean,
                ratio(Math.sqrt(squaresOfError), Math.sqrt(squaresOfA)),
                ratio(maxAbsolute, largest),
                cosine(),
                nonFiniteA,
                nonFiniteB,
                unlike);
    }

    private static double ratio(double error, double of) {
        return error == 0 ? 0 : error / of;
    }

    private double cosine() {
        if (squaresOfA == 0 || squaresOfB == 0) {
            return squaresOfA == squaresOfB ? 1 : 0;
        }
        return Math.min(1, products / Math.sqrt(squaresOfA * squaresOfB));
    }
}
