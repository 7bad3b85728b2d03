"""What an organisation asks of its images: values, and what they mean."""
