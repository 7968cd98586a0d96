/** Allocates until its standard input ends, so that the collector of garbage has work. */
public class Spin {
  static volatile byte[] sink;

  public static void main(String[] arguments) throws Exception {
    while (System.in.available() == 0) {
      for (int i = 0; i < 500; i++) sink = new byte[100_000];
      Thread.sleep(20);
    }
  }
}
