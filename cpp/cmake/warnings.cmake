# Warnings for code of this project. They are errors in the presets, not in the build that a user's pip starts: a newer
# compiler may warn where ours did not.
function(contenttrust_warnings target)
    target_compile_options(${target} PRIVATE
        -Wall
        -Wextra
        -Wpedantic
        -Wshadow
        -Wconversion
        -Wsign-conversion
        # An Error without `expected` and `found` is complete: members left out are empty on purpose.
        -Wno-missing-field-initializers
    )
    if(CONTENTTRUST_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()
