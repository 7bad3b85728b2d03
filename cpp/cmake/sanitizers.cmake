# Instrumentation is for whole programs: every object of the build gets the same flags.
if(CONTENTTRUST_SANITIZE)
    add_compile_options(
        "-fsanitize=${CONTENTTRUST_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer -g
    )
    add_link_options("-fsanitize=${CONTENTTRUST_SANITIZE}")
endif()

if(CONTENTTRUST_COVERAGE)
    # Tests run threads: without atomic counts some are lost, or below nothing. Without any optimisation GCC counts a
    # lambda's conversion to a function pointer as a line of code, and a few tests would take ten times as long.
    add_compile_options(--coverage -fprofile-update=atomic -Og -g)
    add_link_options(--coverage)
endif()

# Every object tells the fuzzer which of its branches ran; the fuzzer itself is linked by tests/fuzz. Comparisons are not
# told: a base64 text has thousands, and the words of the format are in a dictionary.
if(CONTENTTRUST_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp)
    add_link_options(-fsanitize=fuzzer-no-link)
endif()
