package com.example.device;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What a program prints. */
final class Printed {
    /** A program's main. */
    interface Program {
        void main(String[] args) throws Exception;
    }

    private Printed() {}

    static String by(Program program, String... args) throws Exception {
        PrintStream real = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            program.main(args);
        } finally {
            System.setOut(real);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
