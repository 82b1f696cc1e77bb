package io.derm.samples;

import java.util.Arrays;

/** Rows given to columns one to one at the least cost in all (Kuhn 1955, Munkres 1957; by shortest augmenting paths). */
final class Assignment {
    private Assignment() {}

    /**
     * Solves the problem in O(rows squared times columns).
     *
     * @param cost rows by columns, no more rows than columns
     * @return the column of each row
     */
    static int[] solve(double[][] cost) {
        int rows = cost.length;
        int columns = rows == 0 ? 0 : cost[0].length;
        double[] rowPrice = new double[rows + 1];
        double[] columnPrice = new double[columns + 1];
        // Row of each column; column 0 stands for the row that is looking for one.
        int[] rowOf = new int[columns + 1];
        int[] from = new int[columns + 1];
        for (int row = 1; row <= rows; row++) {
            rowOf[0] = row;
            double[] slack = new double[columns + 1];
            Arrays.fill(slack, Double.POSITIVE_INFINITY);
            boolean[] reached = new boolean[columns + 1];
            int at = 0;
            while (rowOf[at] != 0) {
                reached[at] = true;
                int r = rowOf[at];
                int next = 0;
                double least = Double.POSITIVE_INFINITY;
                for (int c = 1; c <= columns; c++) {
                    if (reached[c]) {
                        continue;
                    }
                    double reduced = cost[r - 1][c - 1] - rowPrice[r] - columnPrice[c];
                    if (reduced < slack[c]) {
                        slack[c] = reduced;
                        from[c] = at;
                    }
                    if (slack[c] < least) {
                        least = slack[c];
                        next = c;
                    }
                }
                for (int c = 0; c <= columns; c++) {
                    if (reached[c]) {
                        rowPrice[rowOf[c]] += least;
                        columnPrice[c] -= least;
                    } else {
                        slack[c] -= least;
                    }
                }
                at = next;
            }
            while (at != 0) {
                rowOf[at] = rowOf[from[at]];
                at = from[at];
            }
        }
        int[] columnOf = new int[rows];
        for (int c = 1; c <= columns; c++) {
            if (rowOf[c] != 0) {
                columnOf[rowOf[c] - 1] = c - 1;
            }
        }
        return columnOf;
    }
}
