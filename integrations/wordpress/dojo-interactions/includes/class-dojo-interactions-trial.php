<?php
/**
 * The button "Test connection".
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * Tries what stands in the form. The secret key is tried from here, the publishable one from the browser, as visitors do.
 */
final class Dojo_Interactions_Trial {

	const ACTION = 'dojo_interactions_test';

	/**
	 * Hooks up.
	 */
	public static function register(): void {
		add_action( 'wp_ajax_' . self::ACTION, array( __CLASS__, 'answer' ) );
	}

	/**
	 * Adds the script to the page.
	 */
	public static function enqueue(): void {
		$handle = 'dojo-interactions-admin';
		wp_enqueue_script( $handle, plugins_url( 'assets/admin.js', DOJO_INTERACTIONS_FILE ), array(), DOJO_INTERACTIONS_VERSION, true );
		$told = array(
			'ajax'   => admin_url( 'admin-ajax.php' ),
			'action' => self::ACTION,
			'nonce'  => wp_create_nonce( self::ACTION ),
			'words'  => array(
				'testing'     => __( 'Testing…', 'dojo-interactions' ),
				'publishable' => __( 'Publishable key:', 'dojo-interactions' ),
				'secret'      => __( 'Secret key:', 'dojo-interactions' ),
				'works'       => __( 'it works.', 'dojo-interactions' ),
				'missing'     => __( 'it is missing, so pages send nothing.', 'dojo-interactions' ),
				'address'     => __( 'Enter the address first.', 'dojo-interactions' ),
				'unreachable' => __( 'your browser could not reach this address.', 'dojo-interactions' ),
				'failed'      => __( 'the test failed. Reload this page and try again.', 'dojo-interactions' ),
			),
		);
		wp_add_inline_script( $handle, 'window.dojoInteractionsTest = ' . wp_json_encode( $told, JSON_HEX_TAG | JSON_HEX_AMP ) . ';', 'before' );
	}

	/**
	 * Answers with what Dojo says to the secret key.
	 */
	public static function answer(): void {
		check_ajax_referer( self::ACTION, 'nonce' );
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_send_json_error( array( 'message' => __( 'you may not do this.', 'dojo-interactions' ) ), 403 );
		}
		$address = Dojo_Interactions_Settings::clean_address( isset( $_POST['address'] ) ? esc_url_raw( wp_unslash( $_POST['address'] ) ) : '' );
		$typed   = isset( $_POST['secret_key'] ) ? sanitize_text_field( wp_unslash( $_POST['secret_key'] ) ) : '';
		$key     = '' === $typed ? self::kept_key( $address ) : Dojo_Interactions_Settings::clean_key( $typed, 'sk' );
		if ( '' === $address ) {
			wp_send_json_error( array( 'message' => __( 'the address must begin with https:// or http://.', 'dojo-interactions' ) ) );
		}
		if ( '' === $key ) {
			wp_send_json_error( array( 'message' => self::why_no_key( $typed ) ) );
		}
		$answer = Dojo_Interactions_Client::check( $address, $key );
		if ( is_wp_error( $answer ) ) {
			/* translators: %s: the reason. */
			wp_send_json_error( array( 'message' => sprintf( __( 'this server could not reach the address: %s', 'dojo-interactions' ), $answer->get_error_message() ) ) );
		}
		if ( 200 !== (int) wp_remote_retrieve_response_code( $answer ) || 'success' !== Dojo_Interactions_Client::message( $answer ) ) {
			wp_send_json_error( array( 'message' => self::refusal( $answer ) ) );
		}
		wp_send_json_success();
	}

	/**
	 * The saved key, for the saved address alone: it is sent nowhere else.
	 *
	 * @param string $address The address in the form.
	 */
	private static function kept_key( string $address ): string {
		return Dojo_Interactions_Settings::address() === $address ? Dojo_Interactions_Settings::secret_key() : '';
	}

	/**
	 * Why there is no key to try.
	 *
	 * @param string $typed What was typed.
	 */
	private static function why_no_key( string $typed ): string {
		if ( '' !== $typed ) {
			return __( 'it must begin with dojo_sk_.', 'dojo-interactions' );
		}
		if ( '' !== Dojo_Interactions_Settings::secret_key() ) {
			return __( 'save the new address first, or enter the key again.', 'dojo-interactions' );
		}
		return __( 'it is missing, so orders are not sent.', 'dojo-interactions' );
	}

	/**
	 * What an answer says that isn't a success.
	 *
	 * @param array $answer What wp_remote_post returned.
	 */
	private static function refusal( array $answer ): string {
		$said = Dojo_Interactions_Client::message( $answer );
		if ( '' !== $said && 'success' !== $said ) {
			return $said;
		}
		/* translators: %d: the HTTP status. */
		return sprintf( __( 'this address answers with %d, and is not a Dojo.', 'dojo-interactions' ), (int) wp_remote_retrieve_response_code( $answer ) );
	}
}
