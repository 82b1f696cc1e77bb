package io.derm.samples;

import io.derm.api.Availability;
import io.derm.api.SourceDevice;
import io.derm.api.SourceKind;
import io.derm.capture.Sources;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "sources",
        mixinStandardHelpOptions = true,
        description =
                "Lists what an exam can take its frames from, with the webcams found, and what to do where something does not work.",
        footer = Derm.RESEARCH_USE)
final class SourcesCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        for (SourceKind kind : Sources.kinds()) {
            Availability a = kind.availability();
            System.out.printf("%-3s %-16s %s%n", a.available() ? "yes" : "no", kind.name(), kind.form());
            System.out.printf("    %-16s %s%n", "", a.detail());
            if (!a.available()) {
                System.out.printf("    %-16s -> %s%n", "", a.remedy());
            }
            for (SourceDevice device : kind.devices()) {
                System.out.printf("    %-16s %s%n", device.uri(), device.name());
                device.formats().forEach(format -> System.out.printf("    %-16s   %s%n", "", format));
            }
        }
        System.out.println(Derm.RESEARCH_USE);
        return 0;
    }
}
