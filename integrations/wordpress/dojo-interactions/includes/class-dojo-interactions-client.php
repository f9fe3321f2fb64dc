<?php
/**
 * Calls Dojo.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * One call of POST /v1/interactions.
 */
final class Dojo_Interactions_Client {

	/** Nothing was stored, and sending it again may help. */
	const AGAIN = 'again';
	const DONE  = 'done';
	/** It was refused, and would be refused again. */
	const REFUSED = 'refused';

	/**
	 * Sends records and waits for the answer.
	 *
	 * @param array $records Interactions in Dojo's own form.
	 * @return string One of DONE, AGAIN and REFUSED.
	 */
	public static function send( array $records ): string {
		$answer = self::post( Dojo_Interactions_Settings::address(), Dojo_Interactions_Settings::secret_key(), $records, array( 'timeout' => 10 ) );
		if ( is_wp_error( $answer ) ) {
			Dojo_Interactions_Guard::log( 'Dojo could not be reached: ' . $answer->get_error_message() );
			return self::AGAIN;
		}
		$status = (int) wp_remote_retrieve_response_code( $answer );
		if ( 200 === $status ) {
			return self::DONE;
		}
		Dojo_Interactions_Guard::log( 'Dojo answered ' . $status . ': ' . self::message( $answer ) );
		// A wrong key or address can be corrected while records wait; a bad record stays bad.
		return in_array( $status, array( 400, 413, 422 ), true ) ? self::REFUSED : self::AGAIN;
	}

	/**
	 * Sends records and doesn't look at the answer; within a second it is over.
	 *
	 * @param array $records Interactions in Dojo's own form.
	 */
	public static function send_without_waiting( array $records ): void {
		self::post(
			Dojo_Interactions_Settings::address(),
			Dojo_Interactions_Settings::secret_key(),
			$records,
			array(
				// Without cURL, WordPress hangs up once it has written, and servers drop a call whose caller is gone.
				'blocking' => ! function_exists( 'curl_exec' ),
				'timeout'  => 1,
			)
		);
	}

	/**
	 * Has Dojo check a record with these settings, and store nothing.
	 *
	 * @param string $address The address of Dojo.
	 * @param string $key     The secret key.
	 * @return array|WP_Error What wp_remote_post returns.
	 */
	public static function check( string $address, string $key ) {
		$record = array( 'type' => 'home_page_view' );
		return self::post( $address, $key, array( $record ), array( 'timeout' => 10 ), '?dry_run=1' );
	}

	/**
	 * What an answer says; empty where it isn't Dojo's.
	 *
	 * @param array $answer What wp_remote_post returned.
	 */
	public static function message( array $answer ): string {
		$body = json_decode( wp_remote_retrieve_body( $answer ), true );
		return is_array( $body ) && isset( $body['message'] ) && is_string( $body['message'] ) ? $body['message'] : '';
	}

	/**
	 * The call itself.
	 *
	 * @param string $address The address of Dojo.
	 * @param string $key     The secret key, which goes into a header: addresses are logged.
	 * @param array  $records Interactions.
	 * @param array  $options Of wp_remote_post.
	 * @param string $query   What stands behind the path.
	 * @return array|WP_Error
	 */
	private static function post( string $address, string $key, array $records, array $options, string $query = '' ) {
		$body = wp_json_encode( array( 'data' => array_values( $records ) ) );
		return wp_remote_post(
			$address . '/v1/interactions' . $query,
			$options + array(
				'body'        => $body,
				'redirection' => 0,
				'headers'     => array(
					'Content-Type' => 'application/json',
					'X-API-KEY'    => $key,
				),
				'user-agent'  => 'dojo-interactions-wordpress/' . DOJO_INTERACTIONS_VERSION,
			)
		);
	}
}
