"""The machine below: settings, devices, the compiler, its cache, threads, memory. Nothing here knows a tensor."""
