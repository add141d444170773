package dev.rpn.cli;

import dev.rpn.io.AtomicFile;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How a training went: loss by epoch on the left axis, recall, where measured, on the right. */
final class TrainingPlot {
  /** Averages of the steps' losses that are drawn; single steps jump too much to show a course. */
  private static final int BINS = 120;

  private static final Color LOSS = new Color(0x1f6fb4);
  private static final Color AVERAGE_RECALL = new Color(0xd9480f);
  private static final Color RECALL = new Color(0xe8a33d);

  private final String title;
  private final @Nullable Path file;
  private final List<Double> stepEpochs = new ArrayList<>();
  private final List<Double> losses = new ArrayList<>();
  private final List<Double> epochs = new ArrayList<>();
  private final List<Double> averageRecalls = new ArrayList<>();
  private final List<Double> recalls = new ArrayList<>();

  /**
   * @param file drawn by {@link #write}; null for none
   */
  TrainingPlot(String title, @Nullable Path file) {
    this.title = title;
    this.file = file;
  }

  /**
   * Adds a step.
   *
   * @param epoch epochs done when it ended, with its fraction
   */
  void step(double epoch, double loss) {
    stepEpochs.add(epoch);
    losses.add(loss);
  }

  /** Adds what was measured after so many epochs: AR@100, and recall at IoU 0.5 of 100. */
  void recall(double epoch, double averageRecall, double recall) {
    epochs.add(epoch);
    averageRecalls.add(averageRecall);
    recalls.add(recall);
  }

  /** Draws it anew, replacing the file as a whole. */
  void write() throws IOException {
    if (file == null || losses.isEmpty()) {
      return;
    }
    AtomicFile.write(file, stream -> ChartEncoder.saveChart(chart(), stream, "png"));
  }

  private XYChart chart() {
    XYChart chart =
        new XYChartBuilder()
            .width(960)
            .height(540)
            .title(title)
            .xAxisTitle("epoch")
            .yAxisTitle("loss")
            .build();
    var styler = chart.getStyler();
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(new Color(0xe4e4e4));
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
    styler.setLegendPosition(Styler.LegendPosition.OutsideS);
    styler.setLegendLayout(Styler.LegendLayout.Horizontal);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setDecimalPattern("0.##");
    styler.setXAxisMin(0.0);
    styler.setYAxisMin(0, 0.0);
    addLosses(chart);
    if (!epochs.isEmpty()) {
      styler.setYAxisGroupPosition(1, Styler.YAxisPosition.Right);
      styler.setYAxisMin(1, 0.0);
      styler.setYAxisMax(1, 1.0);
      chart.setYAxisGroupTitle(1, "recall");
      addRecall(chart, "AR@100", averageRecalls, AVERAGE_RECALL);
      addRecall(chart, "recall at IoU 0.5 of 100", recalls, RECALL);
    }
    return chart;
  }

  private void addLosses(XYChart chart) {
    int bins = Math.min(BINS, losses.size());
    double[] x = new double[bins];
    double[] y = new double[bins];
    for (int bin = 0; bin < bins; bin++) {
      int from = (int) ((long) bin * losses.size() / bins);
      int to = (int) ((long) (bin + 1) * losses.size() / bins);
      for (int i = from; i < to; i++) {
        x[bin] += stepEpochs.get(i) / (to - from);
        y[bin] += losses.get(i) / (to - from);
      }
    }
    style(chart.addSeries("loss", x, y), LOSS);
  }

  private void addRecall(XYChart chart, String name, List<Double> values, Color color) {
    XYSeries series = chart.addSeries(name, epochs, values);
    series.setYAxisGroup(1);
    style(series, color);
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(color);
  }

  private static void style(XYSeries series, Color color) {
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    series.setMarker(SeriesMarkers.NONE);
    series.setSmooth(false);
  }
}
