"""The lowest room, which knows no tensor: settings, devices, the compiler and its cache, threads, memory."""
