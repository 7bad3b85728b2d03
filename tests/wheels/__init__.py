"""Makes the sdist and the wheels of a release, completes their bill of materials, tries them."""
