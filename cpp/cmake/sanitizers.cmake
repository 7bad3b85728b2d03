# Instrumentation is for whole programs: every object of the build gets the same flags.
if(CONTENTTRUST_SANITIZE)
    add_compile_options(
        "-fsanitize=${CONTENTTRUST_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer -g
    )
    add_link_options("-fsanitize=${CONTENTTRUST_SANITIZE}")
endif()

if(CONTENTTRUST_COVERAGE)
    add_compile_options(--coverage -O0 -g)
    add_link_options(--coverage)
endif()
